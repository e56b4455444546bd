import { z } from "zod";
import { nodeSettings } from "./proxy-config.ts";
import { proxyMode } from "./service-traffic.ts";
import { condition } from "./status.ts";

const count = z.int().min(0);
const time = z.string().meta({ format: "date-time" });

/** The complete settings of one node: the operator copies what the API server has defaulted. */
export const nodeProxyConfig = z.object(nodeSettings);

export const nodeProxySpec = z
  .object({
    configName: z.string().max(253).describe("Name of the ProxyConfig that these settings come from."),
    revision: z.string().max(63).describe("Revision of the settings: a hash of config."),
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
            "InternalIP addresses of the Node, then its ExternalIP addresses; the first of each family is primary.",
          ),
      })
      .prefault({})
      .describe("Facts about the node that the dataplane needs."),
  })
  .describe("Desired settings of the node. Written only by the operator.");

export const nodeProxyStatus = z
  .object({
    observedRevision: z.string().max(63).optional().describe("Revision that the agent has observed."),
    runningMode: proxyMode
      .optional()
      .describe("Mode that serves all Services for which no rule requests another mode."),
    runningModes: z
      .array(
        z.object({
          mode: proxyMode.describe("The mode."),
          services: count.describe("Services that it serves."),
          servicePorts: count.describe("Service ports that it serves, both families."),
          endpoints: count.describe("Endpoints of these service ports, both families."),
        }),
      )
      .max(5)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["mode"] })
      .optional()
      .describe("All modes whose rules are in the kernel; runningMode is the first."),
    fallbackReason: z
      .string()
      .max(1024)
      .optional()
      .describe("Why runningMode differs from spec.config.mode."),
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
              what: z
                .string()
                .max(512)
                .describe("What the mode needs and the node lacks, and how to provide it."),
            }),
          )
          .max(20)
          .optional()
          .describe("What the node lacks for other modes."),
      })
      .optional()
      .describe("Capabilities of the node."),
    services: z
      .object({
        servicePorts: count.describe("Service ports programmed, in both IP families."),
        endpoints: count.describe("Endpoints programmed, in both IP families."),
        unsupported: z
          .array(
            z.object({
              service: z.string().max(400).describe("namespace/name of the Service."),
              feature: z.string().max(128).describe("Field path of the unsupported feature."),
              reason: z
                .string()
                .max(512)
                .describe("Why this node does not support it, and what the node does instead."),
            }),
          )
          .max(20)
          .optional()
          .describe("Features that Services request and this node does not support; at most 20."),
        unsupportedTotal: count
          .optional()
          .describe("Number of unsupported features, including those that are not listed."),
      })
      .optional()
      .describe("Services programmed on the node."),
    lastSync: z
      .object({
        at: time.describe("When the sync ended."),
        durationMilliseconds: z.number().min(0).describe("Duration of the sync."),
        kind: z
          .enum(["Full", "Partial"])
          .describe("Full: all Services were programmed. Partial: only changed ones."),
        changes: count.describe("Kernel objects added or deleted."),
      })
      .optional()
      .describe("The latest successful sync when this status was written."),
    programmingLatency: z
      .object({
        p50Milliseconds: z.number().min(0).describe("Median."),
        p99Milliseconds: z.number().min(0).describe("99th percentile."),
      })
      .optional()
      .describe("Time from an API event until the kernel is programmed, over the latest syncs."),
    drift: z
      .object({
        detectedTotal: count.describe(
          "External changes of kubesteer's kernel state since the agent started.",
        ),
        lastAt: time.optional().describe("When the latest one was detected."),
        lastCulprit: z
          .string()
          .max(512)
          .optional()
          .describe("Process that made the latest one, as far as the kernel reports it."),
      })
      .optional()
      .describe("External changes of kubesteer's kernel state."),
    conditions: z
      .array(condition)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional()
      .describe("Ready, Applied, Degraded and Drifted."),
  })
  .describe("Observed state of the node. Written only by the agent of the node.");
