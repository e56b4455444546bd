import { z } from "zod";
import { rolloutStatus } from "./rollout-status.ts";
import { condition, modeCount } from "./status.ts";

const count = z.int().min(0);

/** What the operator writes about a ProxyConfig. */
export const proxyConfigStatus = z
  .object({
    observedGeneration: count.optional().describe("The metadata.generation that this status describes."),
    conditions: z
      .array(condition)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional()
      .describe("Ready, Progressing and Degraded; Stalled, Overridden and ModeFallback while they are True."),
    currentRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Latest revision that every selected node has run."),
    updateRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Revision that is being rolled out; equal to currentRevision when the rollout is complete."),
    lastGoodRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Latest revision that was Ready on every selected node."),
    nodes: z
      .object({
        selected: count.describe("Nodes that this ProxyConfig owns."),
        updated: count.describe("Nodes whose agent has observed updateRevision."),
        ready: count.describe("Updated nodes whose agent reports Ready."),
        failed: count.describe(
          "Nodes whose agent reports that it is not Ready, or has not reported for three minutes.",
        ),
        unsupported: count.describe("Nodes that support neither mode nor any of fallbackModes."),
        degraded: count
          .optional() // absent from a status that an earlier operator has written
          .describe("Nodes that do not serve some Services as specified; see their NodeProxies."),
        drifted: count.describe("Nodes with external changes of the kernel state that are not repaired."),
        overridden: count.describe("Nodes that nodeSelector matches but another ProxyConfig owns."),
      })
      .optional()
      .describe("Numbers of nodes."),
    modes: z
      .array(modeCount)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["mode"] })
      .optional()
      .describe("Number of nodes that run each mode."),
    rollout: rolloutStatus.optional(),
    failing: z
      .array(
        z.object({
          node: z.string().max(253).describe("Node name."),
          reason: z.string().max(128).describe("Reason of the node's Ready condition."),
          message: z.string().max(1024).describe("What is wrong and how to fix it."),
          since: z.string().meta({ format: "date-time" }).optional().describe("When the failure began."),
        }),
      )
      .max(10)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["node"] })
      .optional()
      .describe("Failing nodes, the worst first; at most ten."),
  })
  .describe("Observed state of the rollout. Written only by the operator.");
