import { z } from "zod";

const time = z.string().meta({ format: "date-time" });
const revision = z.string().max(63);

/** State of the rollout of a ProxyConfig. The operator resumes from phase, steps and revisions; all other fields are for users. */
export const rolloutStatus = z
  .object({
    stage: z
      .string()
      .max(64)
      .describe(
        "Stage of the rollout: complete, no nodes, or updating, paused, blocked or stalled with ready/all nodes.",
      ),
    phase: z
      .enum(["NoNodes", "Blocked", "Updating", "Paused", "Unsupported", "Stalled", "Complete"])
      .optional() // absent from a status that an earlier version has written, as are the fields below
      .describe(
        "State of the rollout. Blocked: the revision cannot be stored. Unsupported: no node supports an allowed mode. " +
          "Stalled: no progress within progressDeadlineSeconds. Complete: every node became ready.",
      ),
    from: revision.optional().describe("Revision that the rollout replaces."),
    to: revision.optional().describe("Revision that is being rolled out."),
    step: z
      .int()
      .min(1)
      .optional()
      .describe(
        "Step of the rollout, from 1. A new step starts when the rollout resumes after a pause, or after no node " +
          "supported the mode.",
      ),
    stepStartedAt: time.optional().describe("When the step started."),
    startedAt: time.optional().describe("When the rollout of updateRevision began."),
    message: z
      .string()
      .max(1024)
      .optional()
      .describe("What the rollout waits for, and which fields of spec.rollout are not implemented yet."),
  })
  .describe("Progress of the rollout.");
