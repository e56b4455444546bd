import { z } from "zod";

/** Ways of moving packets that the API knows. A node runs exactly one of them at a time. */
export const proxyMode = z
  .enum(["nftables", "iptables", "ipvs", "ebpf", "userspace"])
  .describe("How Services are programmed into the kernel of a node.");

export const schedulingAlgorithm = z
  .enum(["Random", "RoundRobin", "LeastConnection", "SourceHash", "Maglev"])
  .describe(
    "How an endpoint is chosen for a new connection. Random: uniform. RoundRobin: strictly in turn on each node. " +
      "LeastConnection: by chance, preferring endpoints with fewer connections of this node. SourceHash: by client address, " +
      "the same on every node. Maglev: by client address and port with minimal disruption when endpoints change.",
  );

export const affinityTimeoutSeconds = z
  .int()
  .min(1)
  .max(86_400)
  .describe("How long a client keeps its endpoint after its last new connection, in seconds.");

export const slowStartSeconds = z
  .int()
  .min(0)
  .max(3_600)
  .describe(
    "Time in which a new endpoint of a Service that others already serve grows from a tenth of its share of new " +
      "connections to all of it, in seconds; 0 gives it all at once.",
  );

/** Two DNS labels of at most 63 characters. */
export const namespacedName = z
  .string()
  .max(127)
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "self.matches('^[a-z0-9][-a-z0-9]*/[a-z0-9][-a-z0-9]*$')",
        message: "must be namespace/name, such as shop/web",
      },
    ],
  })
  .describe("namespace/name of a Service.");

/**
 * A qualified name, in a dialect of both RE2 and JavaScript. Short, because kube-apiserver multiplies its length with those of
 * the strings and lists it may have to be compared with, and refuses the whole definition when that comes to too much.
 */
const labelKeyPattern = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$";
const labelValuePattern = "^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$";
const labelKeyExamples = "such as pool or example.com/pool";

const labelKey = z.string().min(1).max(317);
const labelValue = z.string().max(63);

/** A metav1.LabelSelector: matchLabels and matchExpressions are ANDed; an empty one selects everything. */
export const labelSelector = z
  .object({
    matchLabels: z
      .record(labelKey, labelValue)
      .meta({
        maxProperties: 50,
        "x-kubernetes-validations": [
          {
            rule: `self.all(key, key.matches('${labelKeyPattern}'))`,
            message: `keys must be label keys ${labelKeyExamples}`,
          },
          {
            rule: `self.all(key, self[key].matches('${labelValuePattern}'))`,
            message:
              "label values have up to 63 letters, digits, -, _ and ., and begin and end with a letter or digit",
          },
        ],
      })
      .optional()
      .describe("Labels that must all be present with this value."),
    matchExpressions: z
      .array(
        z
          .object({
            key: labelKey
              .meta({
                "x-kubernetes-validations": [
                  {
                    rule: `self.matches('${labelKeyPattern}')`,
                    message: `must be a label key ${labelKeyExamples}`,
                  },
                ],
              })
              .describe("The label that the expression is about."),
            operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("How values are compared."),
            values: z
              .array(labelValue.regex(new RegExp(labelValuePattern))) // a CEL rule would cost too much in this list of lists
              .max(100)
              .optional()
              .describe("Compared values; none for Exists and DoesNotExist."),
          })
          .meta({
            "x-kubernetes-validations": [
              {
                rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : !has(self.values) || self.values.size() == 0",
                message: "values must be set for In and NotIn, and must be empty for Exists and DoesNotExist",
                fieldPath: ".values",
              },
            ],
          }),
      )
      .max(50)
      .optional()
      .describe("Expressions that must all hold."),
  })
  .meta({ "x-kubernetes-map-type": "atomic" });
