import { z } from "zod";
import { rolloutStatus } from "./rollout-status.ts";
import { condition, modeCount } from "./status.ts";

const count = z.int().min(0);

/** What the operator writes about a ProxyConfig. */
export const proxyConfigStatus = z
  .object({
    observedGeneration: count.optional().describe("metadata.generation that this status describes."),
    conditions: z
      .array(condition)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional()
      .describe("Ready, Progressing and Degraded; Stalled, Overridden and ModeFallback while they hold."),
    currentRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Revision that every selected node runs or ran last."),
    updateRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Revision that is being rolled out; equal to currentRevision when done."),
    lastGoodRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Newest revision that was Ready on every selected node."),
    nodes: z
      .object({
        selected: count.describe("Nodes this ProxyConfig owns."),
        updated: count.describe("Nodes whose agent has observed updateRevision."),
        ready: count.describe("Updated nodes whose agent reports Ready."),
        failed: count.describe(
          "Nodes whose agent reports that it is not Ready, or has not reported for three minutes.",
        ),
        unsupported: count.describe("Nodes that lack what every allowed mode needs."),
        degraded: count
          .optional() // absent from a status that an operator of before has written
          .describe("Nodes that do not serve some Services as asked; their NodeProxies say which and why."),
        drifted: count.describe("Nodes whose kernel state was changed by others and is not repaired."),
        overridden: count.describe("Nodes that nodeSelector selects but another ProxyConfig owns."),
      })
      .optional()
      .describe("Node counts."),
    modes: z
      .array(modeCount)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["mode"] })
      .optional()
      .describe("How many nodes run which mode."),
    rollout: rolloutStatus.optional(),
    failing: z
      .array(
        z.object({
          node: z.string().max(253).describe("Node name."),
          reason: z.string().max(128).describe("Reason of the node's Ready condition."),
          message: z.string().max(1024).describe("What is wrong and what to do."),
          since: z.string().meta({ format: "date-time" }).optional().describe("Since when."),
        }),
      )
      .max(10)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["node"] })
      .optional()
      .describe("The ten nodes that are worst off."),
  })
  .describe("What the operator saw.");
