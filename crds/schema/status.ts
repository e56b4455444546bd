import { z } from "zod";
import { proxyMode } from "./service-traffic.ts";

/** metav1.Condition. */
export const condition = z.object({
  type: z.string().max(316).describe("Kind of condition."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("metadata.generation the condition was computed for."),
  lastTransitionTime: z.string().meta({ format: "date-time" }).describe("When status last changed."),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe("Machine-readable reason, in CamelCase."),
  message: z.string().max(32_768).describe("Explanation for people."),
});

export const modeCount = z.object({
  mode: proxyMode.describe("The mode."),
  nodes: z.int().min(0).describe("Nodes running the mode."),
});
