import { z } from "zod";
import { proxyMode } from "./service-traffic.ts";

/** metav1.Condition. */
export const condition = z.object({
  type: z.string().max(316).describe("Type of the condition."),
  status: z.enum(["True", "False", "Unknown"]).describe("Status of the condition: True, False or Unknown."),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("The metadata.generation that the condition was set for."),
  lastTransitionTime: z.string().meta({ format: "date-time" }).describe("When the status last changed."),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe("Machine-readable reason, in CamelCase."),
  message: z.string().max(32_768).describe("Human-readable explanation."),
});

export const modeCount = z.object({
  mode: proxyMode.describe("The mode."),
  nodes: z.int().min(0).describe("Number of nodes that run the mode."),
});
