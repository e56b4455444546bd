import { z } from "zod";

/** The modes of the API. */
export const proxyMode = z
  .enum(["nftables", "iptables", "ipvs", "ebpf", "userspace"])
  .describe("How Services are programmed into the kernel of a node.");

export const schedulingAlgorithm = z
  .enum(["Random", "RoundRobin", "LeastConnection", "SourceHash", "Maglev"])
  .describe(
    "How an endpoint is chosen for a new connection. Random: uniformly at random. RoundRobin: strictly in turn on each node. " +
      "LeastConnection: at random, preferring endpoints with fewer connections from this node. SourceHash: by client address, " +
      "the same on every node. Maglev: by client address and port, with minimal disruption when endpoints change.",
  );

export const affinityTimeoutSeconds = z
  .int()
  .min(1)
  .max(86_400)
  .describe("How long a client keeps its endpoint after its latest new connection, in seconds.");

export const slowStartSeconds = z
  .int()
  .min(0)
  .max(3_600)
  .describe(
    "Time in which the share of new connections of a new endpoint grows from a tenth to its full size, in seconds, if the " +
      "Service has other endpoints already. 0 gives a new endpoint its full share at once.",
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
 * A qualified name, in syntax that RE2 and JavaScript share. Short, because kube-apiserver estimates the cost of a rule from the
 * length of its pattern and the maximum sizes of strings and lists, and rejects a definition that exceeds its cost limit.
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
              "label values must be at most 63 letters, digits, -, _ and ., and must begin and end with a letter or digit",
          },
        ],
      })
      .optional()
      .describe("Labels that must be present, each with this value."),
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
              .describe("Label key that the expression applies to."),
            operator: z
              .enum(["In", "NotIn", "Exists", "DoesNotExist"])
              .describe("How the label's value relates to values."),
            values: z
              .array(labelValue.regex(new RegExp(labelValuePattern))) // a CEL rule would cost too much in this list of lists
              .max(100)
              .optional()
              .describe("Values to compare with. Must be empty for Exists and DoesNotExist."),
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
      .describe("Expressions that must all be true."),
  })
  .meta({ "x-kubernetes-map-type": "atomic" });
