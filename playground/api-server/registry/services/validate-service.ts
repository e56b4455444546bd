import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from "../../../../crds/validation/field-error.ts";
import {
  arrayAt,
  canonicalJson,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
  type JsonObject,
  type JsonValue,
} from "../../json-value.ts";
import { parseCidr } from "../../../../platform/ip/cidr.ts";
import type { KubeObject } from "../../kube-object.ts";
import { labelErrors } from "../object-metadata.ts";
import { checkLabel, checkQualifiedName, checkSubdomain } from "../names.ts";
import { parseAddress } from "./allocate-service.ts";
import { familyErrors } from "./validate-families.ts";
import { hasClusterIP, isExternallyReachable, needsHealthCheckNodePort } from "./service-defaults.ts";

const serviceTypes = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const trafficDistributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const protocols = ["SCTP", "TCP", "UDP"];
const portRange = "must be between 1 and 65535, inclusive";

/** Errors of kube-apiserver's ValidateService, with its wording: the rules that are relevant for proxies and users. */
export function validateService(service: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = objectAt(service, "spec");
  return [
    ...oneOf("spec.type", stringAt(spec, "type"), serviceTypes),
    ...oneOf("spec.sessionAffinity", stringAt(spec, "sessionAffinity"), ["ClientIP", "None"]),
    ...oneOf("spec.internalTrafficPolicy", stringAt(spec, "internalTrafficPolicy"), ["Cluster", "Local"]),
    ...oneOf("spec.externalTrafficPolicy", stringAt(spec, "externalTrafficPolicy"), ["Cluster", "Local"]),
    ...oneOf("spec.trafficDistribution", stringAt(spec, "trafficDistribution"), trafficDistributions),
    ...familyErrors(service, old),
    ...selectorErrors(spec),
    ...portErrors(spec),
    ...typeErrors(spec),
    ...addressSyntaxErrors(spec),
    ...affinityErrors(spec),
    ...(old === undefined ? [] : immutableErrors(spec, objectAt(old, "spec"))),
  ];
}

function selectorErrors(spec: JsonObject): readonly FieldError[] {
  return labelErrors(objectAt(spec, "selector"), "spec.selector");
}

function oneOf(
  field: string,
  value: string | undefined,
  supported: readonly string[],
): readonly FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

function portErrors(spec: JsonObject): readonly FieldError[] {
  const ports = arrayAt(spec, "ports");
  if (
    ports.length === 0 &&
    stringAt(spec, "type") !== "ExternalName" &&
    stringAt(spec, "clusterIP") !== "None"
  ) {
    return [required("spec.ports")];
  }
  const errors = ports.flatMap((port, index) =>
    onePortErrors(port, `spec.ports[${index}]`, ports.length > 1),
  );
  return [
    ...errors,
    ...duplicates(
      ports,
      (port) => stringAt(port, "name") || undefined,
      (index) => `spec.ports[${index}].name`,
    ),
    ...duplicates(
      ports,
      (port) => ({ port: numberAt(port, "port") ?? 0, protocol: stringAt(port, "protocol") ?? "TCP" }),
      (index) => `spec.ports[${index}]`,
    ),
    ...sharedNodePortErrors(ports),
  ];
}

function sharedNodePortErrors(ports: readonly JsonValue[]): readonly FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const nodePort = numberAt(port, "nodePort") ?? 0;
    const identity = `${nodePort}/${stringAt(port, "protocol") ?? "TCP"}`;
    const isShared = nodePort !== 0 && seen.has(identity);
    seen.add(identity);
    return isShared
      ? [invalid(`spec.ports[${index}].nodePort`, nodePort, "provided port is already allocated")]
      : [];
  });
}

function onePortErrors(port: JsonValue, field: string, needsName: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(port, "name") ?? "";
  if (name === "" && needsName) errors.push(required(`${field}.name`));
  const nameProblem = name === "" ? undefined : checkLabel(name);
  if (nameProblem !== undefined) errors.push(invalid(`${field}.name`, name, nameProblem));
  const number = numberAt(port, "port") ?? 0;
  if (!isPort(number)) errors.push(invalid(`${field}.port`, number, portRange));
  errors.push(...oneOf(`${field}.protocol`, stringAt(port, "protocol"), protocols));
  errors.push(...targetPortErrors(objectAt(port)["targetPort"], `${field}.targetPort`));
  return errors;
}

function targetPortErrors(target: JsonValue | undefined, field: string): readonly FieldError[] {
  if (typeof target === "number" && !isPort(target)) return [invalid(field, target, portRange)];
  if (typeof target !== "string") return [];
  if (target.length > 15) return [invalid(field, target, "must be no more than 15 characters")];
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(target) && /[a-z]/.test(target) && !target.includes("--")
    ? []
    : [invalid(field, target, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")];
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function duplicates(
  items: readonly JsonValue[],
  identity: (item: JsonValue) => JsonValue | undefined,
  field: (index: number) => string,
): readonly FieldError[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const value = identity(item);
    if (value === undefined) return [];
    const text = canonicalJson(value);
    if (seen.has(text)) return [duplicate(field(index), value)];
    seen.add(text);
    return [];
  });
}

function typeErrors(spec: JsonObject): readonly FieldError[] {
  const type = stringAt(spec, "type");
  const errors: FieldError[] = [];
  if (type === "ExternalName") {
    const name = (stringAt(spec, "externalName") ?? "").replace(/\.$/, "");
    const problem = checkSubdomain(name);
    if (name === "") errors.push(required("spec.externalName"));
    else if (problem !== undefined) errors.push(invalid("spec.externalName", name, problem));
  }
  if (stringAt(spec, "clusterIP") === "None" && (type === "NodePort" || type === "LoadBalancer")) {
    errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`));
  }
  if (spec["externalTrafficPolicy"] !== undefined && !isExternallyReachable(spec)) {
    errors.push(
      invalid(
        "spec.externalTrafficPolicy",
        spec["externalTrafficPolicy"],
        "may only be set for externally-accessible services",
      ),
    );
  }
  const healthCheckNodePort = numberAt(spec, "healthCheckNodePort") ?? 0;
  if (healthCheckNodePort !== 0 && !needsHealthCheckNodePort(spec)) {
    errors.push(
      invalid(
        "spec.healthCheckNodePort",
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  if (type !== "LoadBalancer") errors.push(...loadBalancerOnlyErrors(spec));
  const classProblem = checkQualifiedName(stringAt(spec, "loadBalancerClass") ?? "none");
  if (type === "LoadBalancer" && classProblem !== undefined) {
    errors.push(invalid("spec.loadBalancerClass", spec["loadBalancerClass"], classProblem));
  }
  const nodePorts = arrayAt(spec, "ports").some((port) => (numberAt(port, "nodePort") ?? 0) !== 0);
  if (nodePorts && (type === "ClusterIP" || type === "ExternalName")) {
    errors.push(forbidden("spec.ports[0].nodePort", "may not be used when `type` is 'ClusterIP'"));
  }
  return errors;
}

function loadBalancerOnlyErrors(spec: JsonObject): readonly FieldError[] {
  const detail = "may only be used when `type` is 'LoadBalancer'";
  const names = {
    loadBalancerSourceRanges: "LoadBalancerSourceRanges",
    allocateLoadBalancerNodePorts: "allocateLoadBalancerNodePorts",
    loadBalancerClass: "loadBalancerClass",
  };
  return Object.entries(names).flatMap(([field, shown]) => {
    const isEmpty = spec[field] === undefined || canonicalJson(spec[field]) === "[]";
    return isEmpty ? [] : [forbidden(`spec.${shown}`, detail)];
  });
}

function addressSyntaxErrors(spec: JsonObject): readonly FieldError[] {
  const notAnIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
  const notACidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
  const clusterIPs = hasClusterIP(spec) ? stringsAt(spec, "clusterIPs") : [];
  return [
    ...clusterIPs.flatMap((address, index) =>
      address !== "None" && parseAddress(address) === undefined
        ? [invalid(`spec.clusterIPs[${index}]`, address, notAnIp)]
        : [],
    ),
    ...stringsAt(spec, "externalIPs").flatMap((address, index) => {
      const field = `spec.externalIPs[${index}]`;
      if (parseAddress(address) === undefined) return [invalid(field, address, notAnIp)];
      if (address !== "::1" && !address.startsWith("127.")) return [];
      return [invalid(field, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)")];
    }),
    ...stringsAt(spec, "loadBalancerSourceRanges").flatMap((range, index) =>
      isCidr(range.trim()) ? [] : [invalid(`spec.LoadBalancerSourceRanges[${index}]`, range, notACidr)],
    ),
  ];
}

function isCidr(text: string): boolean {
  try {
    parseCidr(text, { lenient: true });
    return true;
  } catch {
    return false;
  }
}

function affinityErrors(spec: JsonObject): readonly FieldError[] {
  const seconds = numberAt(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds");
  if (seconds === undefined) return [];
  const field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
  if (stringAt(spec, "sessionAffinity") === "None") {
    return [forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None")];
  }
  return seconds > 0 && seconds <= 86_400
    ? []
    : [invalid(field, seconds, "must be greater than 0 and less than 86400")];
}

function immutableErrors(spec: JsonObject, old: JsonObject): readonly FieldError[] {
  const before = stringAt(old, "clusterIP") ?? "";
  const after = stringAt(spec, "clusterIP") ?? "";
  if (before === "" || before === after || stringAt(spec, "type") === "ExternalName") return [];
  return [invalid("spec.clusterIPs[0]", stringsAt(spec, "clusterIPs"), "may not change once set")];
}
