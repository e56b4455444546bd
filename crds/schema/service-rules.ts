import { z } from "zod";
import {
  affinityTimeoutSeconds,
  labelSelector,
  namespacedName,
  proxyMode,
  schedulingAlgorithm,
  slowStartSeconds,
} from "./service-traffic.ts";

const clientIP = z.object({ timeoutSeconds: affinityTimeoutSeconds.default(10_800) });
const clientIPDescription = "Settings for type ClientIP. If unset, the timeout is 10800 seconds.";

const affinityRule = {
  rule: "self.type == 'ClientIP' || !has(self.clientIP)",
  message: "clientIP may only be set when type is ClientIP",
  fieldPath: ".clientIP",
};

/** Session affinity for every Service that no rule matches. */
export const sessionAffinity = z
  .object({
    type: z
      .enum(["Service", "None", "ClientIP"])
      .default("Service")
      .describe("Service uses each Service's own spec.sessionAffinity; None and ClientIP override it."),
    clientIP: clientIP.optional().describe(clientIPDescription),
  })
  .meta({ "x-kubernetes-validations": [affinityRule] });

/** Exceptions for some Services. */
export const serviceRule = z
  .object({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .describe("Name of the rule, unique in the list. Messages about the rule contain it."),
    namespaceSelector: labelSelector
      .optional()
      .describe("Selects Services by the labels of their namespace. If unset, every namespace matches."),
    serviceSelector: labelSelector
      .optional()
      .describe("Selects Services by their own labels. If unset, every Service matches."),
    names: z
      .array(namespacedName)
      .max(256)
      .meta({ "x-kubernetes-list-type": "set" })
      .optional()
      .describe("Selects Services by namespace/name. A Service must also match the selectors, if any."),
    scheduling: z
      .object({
        algorithm: schedulingAlgorithm.optional(),
        slowStartSeconds: slowStartSeconds.optional(),
      })
      .meta({
        "x-kubernetes-validations": [
          {
            rule: "has(self.algorithm) || has(self.slowStartSeconds)",
            message: "scheduling of a rule must set algorithm or slowStartSeconds",
          },
        ],
      })
      .optional()
      .describe("Overrides spec.scheduling for these Services, field by field."),
    sessionAffinity: z
      .object({
        type: z.enum(["Service", "None", "ClientIP"]).describe("As in spec.sessionAffinity.type."),
        clientIP: clientIP.optional().describe(clientIPDescription),
      })
      .meta({ "x-kubernetes-validations": [affinityRule] })
      .optional()
      .describe("Overrides spec.sessionAffinity for these Services."),
    mode: proxyMode.optional().describe("Overrides spec.mode for these Services."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "has(self.names) && self.names.size() > 0 || has(self.namespaceSelector) || has(self.serviceSelector)",
        message: "a rule must select something: set names, namespaceSelector or serviceSelector",
      },
      {
        rule: "has(self.scheduling) || has(self.sessionAffinity) || has(self.mode)",
        message: "a rule must change something: set scheduling, sessionAffinity or mode",
      },
    ],
  });
