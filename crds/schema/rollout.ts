import { z } from "zod";
import { labelSelector } from "./service-traffic.ts";

/** An absolute number of nodes or a percentage; the API server stores either form as written. */
const intOrPercent = z.union([z.int().min(0), z.string().regex(/^(100|[1-9]?[0-9])%$/)]);

/** How a change reaches the nodes. */
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
      "Nodes that may be changing or failing at once, as a number or a percentage. Not obeyed yet: a change goes to all nodes at once.",
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
        .describe("Nodes that change first, as a number or a percentage; 0 is no canary."),
      nodeSelector: labelSelector.optional().describe("Takes the canary nodes from these nodes only."),
      soakSeconds: z
        .int()
        .min(0)
        .max(86_400)
        .default(30)
        .describe("How long the canary nodes must stay healthy."),
    })
    .prefault({})
    .describe("The first stage of a rollout. Not obeyed yet: a change goes to all nodes at once."),
  progressDeadlineSeconds: z
    .int()
    .min(10)
    .max(86_400)
    .default(600)
    .describe("Time without progress after which the rollout counts as stalled."),
  onFailure: z
    .enum(["Rollback", "Pause"])
    .default("Rollback")
    .describe("What follows a failed rollout. Not obeyed yet: it is reported, and the change stays."),
  paused: z
    .boolean()
    .default(false)
    .describe("Holds a change: nodes keep the settings they have. A node without any gets the newest."),
});
