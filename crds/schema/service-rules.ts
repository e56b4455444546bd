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
const clientIPDescription = "Settings for type ClientIP; unset is a timeout of 10800 seconds.";

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
      .describe("Service obeys each Service's own sessionAffinity; None and ClientIP override it."),
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
      .describe("Name of the rule, unique in the list; messages about the rule name it."),
    namespaceSelector: labelSelector
      .optional()
      .describe("Namespaces whose Services the rule is for; unset is every namespace."),
    serviceSelector: labelSelector
      .optional()
      .describe("Labels of the Services the rule is for; unset is every Service."),
    names: z
      .array(namespacedName)
      .max(256)
      .meta({ "x-kubernetes-list-type": "set" })
      .optional()
      .describe("Services by namespace/name; with selectors, a Service must satisfy all of them."),
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
      .describe("Replaces the fields of spec.scheduling that it sets for these Services."),
    sessionAffinity: z
      .object({
        type: z.enum(["Service", "None", "ClientIP"]).describe("As spec.sessionAffinity.type."),
        clientIP: clientIP.optional().describe(clientIPDescription),
      })
      .meta({ "x-kubernetes-validations": [affinityRule] })
      .optional()
      .describe("Replaces spec.sessionAffinity for these Services."),
    mode: proxyMode.optional().describe("A mode for these Services only."),
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
