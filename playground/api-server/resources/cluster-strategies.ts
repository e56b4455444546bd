import {
  duplicate,
  invalid,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from "../../../crds/validation/field-error.ts";
import { isIP } from "node:net";
import {
  arrayAt,
  jsonEquals,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
  textOf,
  type JsonObject,
  type JsonValue,
} from "../json-value.ts";
import { parseKubeObject, withMetadata, type KubeObject } from "../kube-object.ts";
import { checkLabel, checkPathSegment } from "../registry/names.ts";
import type { Strategy } from "./resource-type.ts";
import { plainStrategy } from "./strategy.ts";

function withFields(object: KubeObject, fields: JsonObject): KubeObject {
  return parseKubeObject({ ...object, ...fields });
}

/** Namespaces are Active and have their name as a label from the start. */
export const namespaceStrategy: Strategy = {
  ...plainStrategy,
  checkName: checkLabel,
  prepare: (object, old) => {
    const labels = { "kubernetes.io/metadata.name": object.metadata.name, ...object.metadata.labels };
    const spec = { finalizers: ["kubernetes"], ...objectAt(object, "spec") };
    const status = old === undefined ? { phase: "Active" } : objectAt(object, "status");
    return withFields(withMetadata(object, { labels }), { spec, status });
  },
};

/** podCIDR and podCIDRs[0] are the same field with two names. */
export const nodeStrategy: Strategy = {
  ...plainStrategy,
  prepare: (object) => {
    const spec = objectAt(object, "spec");
    const list = stringsAt(spec, "podCIDRs");
    const single = stringAt(spec, "podCIDR");
    const podCIDR = single ?? list[0];
    if (podCIDR === undefined) return withFields(object, { spec });
    return withFields(object, { spec: { ...spec, podCIDR, podCIDRs: list.length === 0 ? [podCIDR] : list } });
  },
};

/** stringData is written into data. */
export const secretStrategy: Strategy = {
  ...plainStrategy,
  prepare: (object) => {
    const plain = Object.entries(objectAt(object, "stringData")).map(([key, value]) => [
      key,
      Buffer.from(textOf(value)).toString("base64"),
    ]);
    const data = { ...objectAt(object, "data"), ...Object.fromEntries(plain) };
    const { stringData: _, ...rest } = object;
    return parseKubeObject({
      ...rest,
      ...(Object.keys(data).length === 0 ? {} : { data }),
      type: stringAt(object, "type") ?? "Opaque",
    });
  },
};

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const maxEndpoints = 1000;
const maxPorts = 100;

/** EndpointSlices have addresses of their type, which must be reachable from other machines. */
export const endpointSliceStrategy: Strategy = {
  ...plainStrategy,
  tracksGeneration: true,
  prepare: (object) => {
    const ports = arrayAt(object, "ports").map((port) => ({ name: "", protocol: "TCP", ...objectAt(port) }));
    const endpoints = arrayAt(object, "endpoints").map((endpoint) => ({
      conditions: {},
      ...objectAt(endpoint),
    }));
    return withFields(object, { endpoints: listOrNull(endpoints), ports: listOrNull(ports) });
  },
  validate: (object, old) => [
    ...addressTypeErrors(object, old),
    ...endpointErrors(object),
    ...slicePortErrors(object),
  ],
};

/** kube-apiserver writes empty lists that are not optional as null, which clients must accept. */
function listOrNull(list: readonly JsonValue[]): JsonValue {
  return list.length === 0 ? null : list;
}

function addressTypeErrors(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const addressType = stringAt(object, "addressType") ?? "";
  if (addressType === "") return [required("addressType")];
  if (!addressTypes.includes(addressType)) return [notSupported("addressType", addressType, addressTypes)];
  if (old === undefined || stringAt(old, "addressType") === addressType) return [];
  return [invalid("addressType", addressType, "field is immutable")];
}

function endpointErrors(object: KubeObject): readonly FieldError[] {
  const endpoints = arrayAt(object, "endpoints");
  if (endpoints.length > maxEndpoints) return [tooMany("endpoints", endpoints.length, maxEndpoints)];
  return endpoints.flatMap((endpoint, index) => {
    const field = `endpoints[${index}].addresses`;
    const addresses = stringsAt(endpoint, "addresses");
    if (addresses.length === 0) return [required(field, "must contain at least 1 address")];
    return addresses.flatMap((address, place) =>
      addressError(stringAt(object, "addressType") ?? "", address, { field, place }),
    );
  });
}

/** As in kube-apiserver: an address of the wrong type is an error of the list, other problems are errors of the address. */
function addressError(
  addressType: string,
  address: string,
  { field, place }: { readonly field: string; readonly place: number },
): readonly FieldError[] {
  const version = isIP(address);
  if (addressType === "IPv4" && version !== 4) return [invalid(field, address, "must be an IPv4 address")];
  if (addressType === "IPv6" && version !== 6) return [invalid(field, address, "must be an IPv6 address")];
  if (address === "::1" || address.startsWith("127.")) {
    return [
      invalid(`${field}[${place}]`, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
    ];
  }
  if (address === "0.0.0.0" || address === "::")
    return [invalid(`${field}[${place}]`, address, `may not be unspecified (${address})`)];
  return [];
}

function slicePortErrors(object: KubeObject): readonly FieldError[] {
  const names = new Set<string>();
  const ports = arrayAt(object, "ports");
  if (ports.length > maxPorts) return [tooMany("ports", ports.length, maxPorts)];
  return ports.flatMap((port, index) => {
    const name = stringAt(port, "name") ?? "";
    const isDuplicate = names.has(name);
    names.add(name);
    const protocol = stringAt(port, "protocol") ?? "TCP";
    return [
      ...(isDuplicate ? [duplicate(`ports[${index}].name`, name)] : []),
      ...(protocols.includes(protocol)
        ? []
        : [notSupported(`ports[${index}].protocol`, protocol, protocols)]),
    ];
  });
}

/** A ServiceCIDR lists its ranges. */
export const serviceCIDRStrategy: Strategy = {
  ...plainStrategy,
  validate: (object) =>
    arrayAt(object, "spec", "cidrs").length > 0 ? [] : [required("spec.cidrs", "at least one CIDR required")],
};

/** Leases can be replaced only with their resourceVersion: leader election depends on it. */
export const leaseStrategy: Strategy = {
  ...plainStrategy,
  requiresResourceVersion: true,
  validate: (object) => {
    const seconds = numberAt(object, "spec", "leaseDurationSeconds");
    return seconds === undefined || seconds > 0
      ? []
      : [invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")];
  },
};

/** Roles and ClusterRoles; their names may contain colons. */
export const roleStrategy: Strategy = { ...plainStrategy, checkName: checkPathSegment };

const rbacGroup = "rbac.authorization.k8s.io";

/** RoleBindings and ClusterRoleBindings cannot change their role. */
export const roleBindingStrategy: Strategy = {
  ...plainStrategy,
  checkName: checkPathSegment,
  prepare: (object) => {
    const roleRef = { apiGroup: rbacGroup, ...objectAt(object, "roleRef") };
    const subjects = arrayAt(object, "subjects").map(defaultSubject);
    return withFields(object, { roleRef, ...(subjects.length === 0 ? {} : { subjects }) });
  },
  validate: (object, old) => {
    if (stringAt(object, "roleRef", "name") === undefined) return [required("roleRef.name")];
    if (old === undefined || jsonEquals(object["roleRef"], old["roleRef"])) return [];
    return [invalid("roleRef", objectAt(object, "roleRef"), "cannot change roleRef")];
  },
};

function defaultSubject(subject: JsonValue): JsonValue {
  const isServiceAccount = stringAt(subject, "kind") === "ServiceAccount";
  return isServiceAccount ? objectAt(subject) : { apiGroup: rbacGroup, ...objectAt(subject) };
}

/** Data of a ControllerRevision never changes. */
export const controllerRevisionStrategy: Strategy = {
  ...plainStrategy,
  validate: (object, old) => {
    if (object["data"] === undefined) return [required("data", "data is mandatory")];
    if (old === undefined || jsonEquals(object["data"], old["data"])) return [];
    return [invalid("data", objectAt(object, "data"), "field is immutable")];
  },
};

/** Stored but not enforced: this server has no authorization that a policy could restrict. */
export const admissionPolicyStrategy: Strategy = {
  ...plainStrategy,
  tracksGeneration: true,
  prepare: (object) => withFields(object, { spec: { failurePolicy: "Fail", ...objectAt(object, "spec") } }),
};

/** PriorityClasses preempt by default. */
export const priorityClassStrategy: Strategy = {
  ...plainStrategy,
  tracksGeneration: true,
  prepare: (object) => withFields(object, { preemptionPolicy: "PreemptLowerPriority", ...object }),
};
