import type { JsonObject } from "../../crds/validation/json-object.ts";
import type { KeptService } from "../services/catalog/kept-service.ts";
import { readServiceName } from "../services/service-port-name.ts";
import { LenientReader } from "./lenient-reader.ts";
import { fieldsOf, itemsOf, labelsOf, textOf } from "./read-json.ts";
import {
  readClusterIPs,
  readExternalIPs,
  readLoadBalancerIPs,
  readSourceRanges,
} from "./read-service-addresses.ts";
import { readAffinityTimeout, readIsLocal } from "./read-service-policies.ts";
import { readOptionalPort, readServicePorts } from "./read-service-ports.ts";

/** Another proxy serves a Service that has this label, whatever its value. */
const serviceProxyNameLabel = "service.kubernetes.io/service-proxy-name";

/**
 * The fields of a Service that decide about traffic. Undefined for a Service that has no virtual address of ours: headless,
 * ExternalName, without a clusterIP yet, or left to another proxy by its label. Never throws; unusable fields are
 * left out and listed in `problems`.
 */
export function trimService(object: unknown): KeptService | undefined {
  const service = fieldsOf(object);
  const metadata = fieldsOf(service["metadata"]);
  const spec = fieldsOf(service["spec"]);
  const labels = labelsOf(metadata["labels"]);
  const name = readServiceName(metadata["namespace"], metadata["name"]);
  if (name === undefined || !hasVirtualAddress(spec) || Object.hasOwn(labels, serviceProxyNameLabel)) {
    return undefined;
  }
  const reader = new LenientReader(name);
  const clusterIPs = readClusterIPs(spec, reader);
  const externalIPs = readExternalIPs(spec, clusterIPs, reader);
  const externalPolicyLocal =
    isExternallyReachable(spec) && readIsLocal("externalTrafficPolicy", spec, reader);
  return {
    name,
    createdAtMs: creationTime(metadata["creationTimestamp"]),
    labels,
    clusterIPs,
    externalIPs,
    loadBalancerIPs: readLoadBalancerIPs(fieldsOf(service["status"]), clusterIPs, reader),
    loadBalancerSourceRanges: readSourceRanges(spec, reader),
    ports: readServicePorts(itemsOf(spec["ports"]), reader),
    internalPolicyLocal: readIsLocal("internalTrafficPolicy", spec, reader),
    externalPolicyLocal,
    healthCheckNodePort:
      spec["type"] === "LoadBalancer" && externalPolicyLocal
        ? readOptionalPort("spec.healthCheckNodePort", spec["healthCheckNodePort"], reader)
        : undefined,
    affinityTimeoutSeconds: readAffinityTimeout(spec, reader),
    problems: reader.problems,
  };
}

function hasVirtualAddress({ type, clusterIP }: JsonObject): boolean {
  return type !== "ExternalName" && typeof clusterIP === "string" && clusterIP !== "" && clusterIP !== "None";
}

/** externalTrafficPolicy has a meaning only for these Services. */
function isExternallyReachable({ type, externalIPs }: JsonObject): boolean {
  return type === "LoadBalancer" || type === "NodePort" || itemsOf(externalIPs).length > 0;
}

/** A Service without a readable time counts as younger than all others. */
function creationTime(value: unknown): number {
  const time = Date.parse(textOf(value) ?? "");
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}
