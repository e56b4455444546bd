import { arrayAt, numberAt, objectAt, stringAt, type JsonObject, type JsonValue } from "../../json-value.ts";
import { parseKubeObject, type KubeObject } from "../../kube-object.ts";
import { hasNodePorts, needsHealthCheckNodePort } from "./service-defaults.ts";

/**
 * If a client omits allocated values (addresses, families, node ports), they are unchanged. Same as patchAllocatedValues in
 * kube-apiserver's registry.
 */
export function keepAllocated(service: KubeObject, old: KubeObject): KubeObject {
  const spec = objectAt(service, "spec");
  const before = objectAt(old, "spec");
  if (stringAt(spec, "type") === "ExternalName" || stringAt(before, "type") === "ExternalName")
    return service;
  return parseKubeObject({
    ...service,
    spec: { ...spec, ...keptFields(spec, before), ...keptNodePorts(spec, before) },
  });
}

function keptFields(spec: JsonObject, before: JsonObject): JsonObject {
  const clusterIP = stringAt(spec, "clusterIP") || stringAt(before, "clusterIP");
  const keepsAddresses =
    arrayAt(spec, "clusterIPs").length === 0 && clusterIP === stringAt(before, "clusterIP");
  const fields = ["ipFamilies", "ipFamilyPolicy"].filter((field) => spec[field] === undefined);
  if (keepsAddresses) fields.push("clusterIPs");
  if (needsHealthCheckNodePort(spec) && (numberAt(spec, "healthCheckNodePort") ?? 0) === 0)
    fields.push("healthCheckNodePort");
  const kept = fields.flatMap((field) => (before[field] === undefined ? [] : [[field, before[field]]]));
  return { ...(clusterIP === undefined ? {} : { clusterIP }), ...Object.fromEntries(kept) };
}

/** Node ports are matched by the port's name; its number, protocol and target may change. */
function keptNodePorts(spec: JsonObject, before: JsonObject): JsonObject {
  if (!hasNodePorts(spec) || !hasNodePorts(before)) return {};
  const ports = arrayAt(spec, "ports");
  const asked = new Set(ports.map(nodePortOf));
  const byName = new Map(arrayAt(before, "ports").map((port) => [nameOfPort(port), nodePortOf(port)]));
  const kept = ports.map((port) => {
    const nodePort = byName.get(nameOfPort(port)) ?? 0;
    const isUsable = nodePortOf(port) === 0 && nodePort !== 0 && !asked.has(nodePort);
    return isUsable ? { ...objectAt(port), nodePort } : port;
  });
  return kept.length === 0 ? {} : { ports: kept };
}

function nameOfPort(port: JsonValue): string {
  return stringAt(port, "name") ?? "";
}

/** 0 if there is none. */
function nodePortOf(port: JsonValue): number {
  return numberAt(port, "nodePort") ?? 0;
}
