import { z } from "zod";
import { labelSelector } from "./service-traffic.ts";

/** An absolute number of nodes or a percentage; the API server stores either form as written. */
const intOrPercent = z.union([z.int().min(0), z.string().regex(/^(100|[1-9]?[0-9])%$/)]);

/** How changes are rolled out to the nodes. */
export const rollout = z.object({
  maxUnavailable: intOrPercent
    .default("10%")
    .meta({
      "x-kubernetes-validations": [
        {
          rule: "type(self) == string ? self.matches('^(100|[1-9]?[0-9])%$') && self != '0%' : self > 0",
          message: "must be a positive number of nodes or a percentage from 1% to 100%",
        },
      ],
    })
    .describe(
      "Maximum number or percentage of nodes that may be changing or failing at once. Not implemented yet: a change goes to all nodes at once.",
    ),
  canary: z
    .object({
      nodes: intOrPercent
        .default(1)
        .meta({
          "x-kubernetes-validations": [
            {
              rule: "type(self) == string ? self.matches('^(100|[1-9]?[0-9])%$') : self >= 0",
              message: "must be a number of nodes that is not negative, or a percentage from 0% to 100%",
            },
          ],
        })
        .describe("Number or percentage of nodes that change first. 0 disables the canary stage."),
      nodeSelector: labelSelector
        .optional()
        .describe("Nodes that canary nodes are chosen from. If unset, all selected nodes."),
      soakSeconds: z
        .int()
        .min(0)
        .max(86_400)
        .default(30)
        .describe("How long the canary nodes must stay healthy before other nodes change."),
    })
    .prefault({})
    .describe("First stage of a rollout. Not implemented yet: a change goes to all nodes at once."),
  progressDeadlineSeconds: z
    .int()
    .min(10)
    .max(86_400)
    .default(600)
    .describe("Time without progress after which a rollout is reported as stalled."),
  onFailure: z
    .enum(["Rollback", "Pause"])
    .default("Rollback")
    .describe(
      "What happens after a failed rollout. Not implemented yet: the failure is reported, and nodes keep the change.",
    ),
  paused: z
    .boolean()
    .default(false)
    .describe(
      "Pauses the rollout: nodes keep their current settings. A node without settings gets the latest ones.",
    ),
});
