/** How to read a field of a message. */
export type Field =
  | {
      readonly name: string;
      readonly kind:
        | "string"
        | "strings"
        | "boolean"
        | "integer"
        /** A pointer in Go: a value on the wire is kept even if it is 0. */
        | "optionalInteger"
        | "intOrString"
        | "stringMap"
        | "bytesMap";
    }
  | { readonly name: string; readonly kind: "message" | "messages"; readonly fields: Fields };

/** Fields by their number in the `generated.proto` of k8s.io/api. A message with any other field is rejected. */
export type Fields = Readonly<Record<number, Field>>;

const metadata: Field = {
  name: "metadata",
  kind: "message",
  fields: {
    1: { name: "name", kind: "string" },
    2: { name: "generateName", kind: "string" },
    3: { name: "namespace", kind: "string" },
    11: { name: "labels", kind: "stringMap" },
    12: { name: "annotations", kind: "stringMap" },
  },
};

const servicePort: Fields = {
  1: { name: "name", kind: "string" },
  2: { name: "protocol", kind: "string" },
  3: { name: "port", kind: "integer" },
  4: { name: "targetPort", kind: "intOrString" },
  5: { name: "nodePort", kind: "integer" },
};

const serviceSpec: Fields = {
  1: { name: "ports", kind: "messages", fields: servicePort },
  2: { name: "selector", kind: "stringMap" },
  3: { name: "clusterIP", kind: "string" },
  4: { name: "type", kind: "string" },
  10: { name: "externalName", kind: "string" },
};

const containerPort: Fields = {
  1: { name: "name", kind: "string" },
  2: { name: "hostPort", kind: "integer" },
  3: { name: "containerPort", kind: "integer" },
  4: { name: "protocol", kind: "string" },
};

const container: Fields = {
  1: { name: "name", kind: "string" },
  2: { name: "image", kind: "string" },
  3: { name: "command", kind: "strings" },
  4: { name: "args", kind: "strings" },
  6: { name: "ports", kind: "messages", fields: containerPort },
};

const podTemplate: Fields = {
  1: metadata,
  2: {
    name: "spec",
    kind: "message",
    fields: { 2: { name: "containers", kind: "messages", fields: container } },
  },
};

const deploymentSpec: Fields = {
  1: { name: "replicas", kind: "optionalInteger" },
  2: { name: "selector", kind: "message", fields: { 1: { name: "matchLabels", kind: "stringMap" } } },
  3: { name: "template", kind: "message", fields: podTemplate },
};

const rules: Field = {
  name: "rules",
  kind: "messages",
  fields: {
    1: { name: "verbs", kind: "strings" },
    2: { name: "apiGroups", kind: "strings" },
    3: { name: "resources", kind: "strings" },
    4: { name: "resourceNames", kind: "strings" },
    5: { name: "nonResourceURLs", kind: "strings" },
  },
};

const subject: Fields = {
  1: { name: "kind", kind: "string" },
  2: { name: "apiGroup", kind: "string" },
  3: { name: "name", kind: "string" },
  4: { name: "namespace", kind: "string" },
};

const roleBinding: Fields = {
  1: metadata,
  2: { name: "subjects", kind: "messages", fields: subject },
  3: {
    name: "roleRef",
    kind: "message",
    fields: {
      1: { name: "apiGroup", kind: "string" },
      2: { name: "kind", kind: "string" },
      3: { name: "name", kind: "string" },
    },
  },
};

const accessReviewSpec: Fields = {
  1: {
    name: "resourceAttributes",
    kind: "message",
    fields: {
      1: { name: "namespace", kind: "string" },
      2: { name: "verb", kind: "string" },
      3: { name: "group", kind: "string" },
      4: { name: "version", kind: "string" },
      5: { name: "resource", kind: "string" },
      6: { name: "subresource", kind: "string" },
      7: { name: "name", kind: "string" },
    },
  },
  2: {
    name: "nonResourceAttributes",
    kind: "message",
    fields: { 1: { name: "path", kind: "string" }, 2: { name: "verb", kind: "string" } },
  },
};

/** Kinds of `kubectl create KIND NAME`, reviews of `kubectl auth`, and DeleteOptions. */
export const protobufKinds: Readonly<Record<string, Fields>> = {
  Namespace: { 1: metadata },
  ServiceAccount: { 1: metadata },
  ConfigMap: {
    1: metadata,
    2: { name: "data", kind: "stringMap" },
    3: { name: "binaryData", kind: "bytesMap" },
    4: { name: "immutable", kind: "boolean" },
  },
  Secret: {
    1: metadata,
    2: { name: "data", kind: "bytesMap" },
    3: { name: "type", kind: "string" },
    5: { name: "immutable", kind: "boolean" },
  },
  Service: { 1: metadata, 2: { name: "spec", kind: "message", fields: serviceSpec } },
  Deployment: { 1: metadata, 2: { name: "spec", kind: "message", fields: deploymentSpec } },
  Role: { 1: metadata, 2: rules },
  ClusterRole: { 1: metadata, 2: rules },
  RoleBinding: roleBinding,
  ClusterRoleBinding: roleBinding,
  PriorityClass: {
    1: metadata,
    2: { name: "value", kind: "optionalInteger" },
    3: { name: "globalDefault", kind: "boolean" },
    4: { name: "description", kind: "string" },
    5: { name: "preemptionPolicy", kind: "string" },
  },
  SelfSubjectAccessReview: { 1: metadata, 2: { name: "spec", kind: "message", fields: accessReviewSpec } },
  SelfSubjectRulesReview: {
    1: metadata,
    2: { name: "spec", kind: "message", fields: { 1: { name: "namespace", kind: "string" } } },
  },
  SelfSubjectReview: { 1: metadata },
  DeleteOptions: {
    1: { name: "gracePeriodSeconds", kind: "optionalInteger" },
    2: {
      name: "preconditions",
      kind: "message",
      fields: { 1: { name: "uid", kind: "string" }, 2: { name: "resourceVersion", kind: "string" } },
    },
    3: { name: "orphanDependents", kind: "boolean" },
    4: { name: "propagationPolicy", kind: "string" },
    5: { name: "dryRun", kind: "strings" },
  },
};
