import {
  arrayAt,
  entriesOf,
  numberAt,
  objectAt,
  stringAt,
  without,
  type JsonObject,
  type JsonValue,
} from "../../json-value.ts";
import { parseKubeObject, type KubeObject } from "../../kube-object.ts";

/** Types of Service that get cluster IPs. */
export function hasClusterIP(spec: JsonObject): boolean {
  return stringAt(spec, "type") !== "ExternalName" && stringAt(spec, "clusterIP") !== "None";
}

/** Headless, with EndpointSlices that another client writes: of either IP family, regardless of the ranges of the cluster. */
export function isHeadlessWithoutSelector(spec: JsonObject): boolean {
  return stringAt(spec, "clusterIP") === "None" && entriesOf(objectAt(spec, "selector")).length === 0;
}

/** Whether each port of the Service gets a node port. */
export function hasNodePorts(spec: JsonObject): boolean {
  const type = stringAt(spec, "type");
  return type === "NodePort" || (type === "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] !== false);
}

/** A load balancer keeps its node ports when it no longer requests them. */
function mayHaveNodePorts(spec: JsonObject): boolean {
  return hasNodePorts(spec) || stringAt(spec, "type") === "LoadBalancer";
}

/** Whether the Service is reachable from outside by nodePort, external or load balancer address. */
export function isExternallyReachable(spec: JsonObject): boolean {
  const type = stringAt(spec, "type");
  return type === "NodePort" || type === "LoadBalancer" || arrayAt(spec, "externalIPs").length > 0;
}

/** Whether load balancers use a health check node port to find nodes with endpoints. */
export function needsHealthCheckNodePort(spec: JsonObject): boolean {
  return stringAt(spec, "type") === "LoadBalancer" && stringAt(spec, "externalTrafficPolicy") === "Local";
}

/** Defaults of kube-apiserver's SetDefaults_Service; addresses and ports are allocated after it. */
export function defaultService(service: KubeObject): KubeObject {
  const spec = objectAt(service, "spec");
  const type = stringAt(spec, "type") ?? "ClusterIP";
  const affinity = stringAt(spec, "sessionAffinity") ?? "None";
  const withType = { ...spec, type, sessionAffinity: affinity };
  const defaulted: JsonObject = {
    ...withType,
    ...(arrayAt(spec, "ports").length === 0
      ? {}
      : { ports: arrayAt(spec, "ports").map((port) => defaultPort(port, spec)) }),
    ...affinityConfig(spec, affinity),
    ...(type === "ExternalName"
      ? {}
      : { internalTrafficPolicy: stringAt(spec, "internalTrafficPolicy") ?? "Cluster" }),
    ...(isExternallyReachable(withType)
      ? { externalTrafficPolicy: stringAt(spec, "externalTrafficPolicy") ?? "Cluster" }
      : {}),
    ...(type === "LoadBalancer"
      ? { allocateLoadBalancerNodePorts: spec["allocateLoadBalancerNodePorts"] ?? true }
      : {}),
  };
  return parseKubeObject({ ...service, spec: defaulted, status: service["status"] ?? { loadBalancer: {} } });
}

function defaultPort(port: JsonValue, spec: JsonObject): JsonValue {
  const number = numberAt(port, "port");
  const isHeadless = stringAt(spec, "clusterIP") === "None";
  const target = objectAt(port)["targetPort"];
  const targetPort =
    target === undefined || target === 0 || target === "" || (isHeadless && target === undefined)
      ? number
      : target;
  return {
    ...objectAt(port),
    protocol: stringAt(port, "protocol") ?? "TCP",
    ...(targetPort === undefined ? {} : { targetPort }),
  };
}

function affinityConfig(spec: JsonObject, affinity: string): JsonObject {
  if (affinity !== "ClientIP") return {};
  const timeoutSeconds = numberAt(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds") ?? 10_800;
  return { sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}

/**
 * Drops values that an update made obsolete and the client kept, for example node ports of a Service that no longer has any, or
 * cluster IPs of a Service that became ExternalName.
 */
export function dropObsolete(service: KubeObject, old: KubeObject): KubeObject {
  const spec = objectAt(service, "spec");
  const before = objectAt(old, "spec");
  const obsolete: string[] = [];
  if (stringAt(spec, "type") === "ExternalName" && stringAt(before, "type") !== "ExternalName") {
    obsolete.push("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy");
  }
  if (needsHealthCheckNodePort(before) && !needsHealthCheckNodePort(spec))
    obsolete.push("healthCheckNodePort");
  if (isExternallyReachable(before) && !isExternallyReachable(spec)) obsolete.push("externalTrafficPolicy");
  if (stringAt(before, "type") === "LoadBalancer" && stringAt(spec, "type") !== "LoadBalancer") {
    obsolete.push("allocateLoadBalancerNodePorts", "loadBalancerClass");
  }
  if (stringAt(before, "sessionAffinity") === "ClientIP" && stringAt(spec, "sessionAffinity") === "None") {
    obsolete.push("sessionAffinityConfig");
  }
  const rest = without(spec, ...obsolete);
  const losesNodePorts = hasNodePorts(before) && !mayHaveNodePorts(spec);
  if (!losesNodePorts) return parseKubeObject({ ...service, spec: rest });
  const ports = arrayAt(spec, "ports").map((port) => without(objectAt(port), "nodePort"));
  return parseKubeObject({ ...service, spec: { ...rest, ports } });
}
