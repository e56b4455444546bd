import { z } from "zod";
import { nodeSettings } from "./proxy-config.ts";
import { proxyMode } from "./service-traffic.ts";
import { condition } from "./status.ts";

const count = z.int().min(0);
const time = z.string().meta({ format: "date-time" });

/** The settings of one node, complete: the operator copies what the API server has defaulted. */
export const nodeProxyConfig = z.object(nodeSettings);

export const nodeProxySpec = z
  .object({
    configName: z.string().max(253).describe("ProxyConfig these settings come from."),
    revision: z.string().max(63).describe("Revision of the settings: a hash over config."),
    config: nodeProxyConfig.describe("The resolved settings."),
    node: z
      .object({
        zone: z.string().max(63).optional().describe("Label topology.kubernetes.io/zone of the Node."),
        podCIDRs: z.array(z.string().max(49)).max(8).default([]).describe("spec.podCIDRs of the Node."),
        addresses: z
          .array(z.string().max(45))
          .max(16)
          .default([])
          .describe(
            "InternalIP, then ExternalIP addresses of the Node; the first of each family is primary.",
          ),
      })
      .prefault({})
      .describe("Facts about the node that the dataplane needs."),
  })
  .describe("What the node should run. Written only by the operator.");

export const nodeProxyStatus = z
  .object({
    observedRevision: z.string().max(63).optional().describe("Revision the agent has taken up."),
    runningMode: proxyMode.optional().describe("Mode whose rules are in the kernel."),
    fallbackReason: z.string().max(1024).optional().describe("Why runningMode is not spec.config.mode."),
    agentVersion: z.string().max(64).optional().describe("Version of the agent."),
    heartbeatAt: time.optional().describe("When the agent last wrote this status."),
    capabilities: z
      .object({
        kernel: z.string().max(128).optional().describe("Kernel release."),
        nft: z.string().max(64).optional().describe("Version of nft."),
        missing: z
          .array(
            z.object({
              mode: proxyMode.describe("The mode."),
              what: z.string().max(512).describe("What is missing for the mode and how to get it."),
            }),
          )
          .max(20)
          .optional()
          .describe("What the node lacks for other modes."),
      })
      .optional()
      .describe("What the node can do."),
    services: z
      .object({
        servicePorts: count.describe("Service ports programmed, both families."),
        endpoints: count.describe("Endpoints programmed, both families."),
        unsupported: z
          .array(
            z.object({
              service: z.string().max(400).describe("namespace/name of the Service."),
              feature: z.string().max(128).describe("What the Service asks for, as a field path."),
              reason: z.string().max(512).describe("Why this node does not do it, and what it does instead."),
            }),
          )
          .max(20)
          .optional()
          .describe("What some Services ask for and do not get; at most 20."),
        unsupportedTotal: count.optional().describe("Number of such cases, also those that are not listed."),
      })
      .optional()
      .describe("What is programmed."),
    lastSync: z
      .object({
        at: time.describe("When it ended."),
        durationMilliseconds: z.number().min(0).describe("How long it took."),
        kind: z
          .enum(["Full", "Partial"])
          .describe("Whether all Services or only changed ones were programmed."),
        changes: count.describe("Kernel objects added or deleted."),
      })
      .optional()
      .describe("The newest successful sync at the time of writing."),
    programmingLatency: z
      .object({
        p50Milliseconds: z.number().min(0).describe("Median."),
        p99Milliseconds: z.number().min(0).describe("99th percentile."),
      })
      .optional()
      .describe("Time from an API event to the kernel, over the last syncs."),
    drift: z
      .object({
        detectedTotal: count.describe("Foreign changes of our kernel state since the agent started."),
        lastAt: time.optional().describe("When the last one was noticed."),
        lastCulprit: z
          .string()
          .max(512)
          .optional()
          .describe("Process that made the last one, as far as the kernel tells."),
      })
      .optional()
      .describe("Changes of our kernel state by others."),
    conditions: z
      .array(condition)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional()
      .describe("Ready, Applied, Degraded and Drifted."),
  })
  .describe("What really runs. Written only by the agent of the node.");
