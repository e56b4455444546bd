import { invalid, type FieldError } from "../../../../crds/validation/field-error.ts";
import { arrayAt, numberAt, objectAt, stringAt, type JsonObject, type JsonValue } from "../../json-value.ts";
import type { KubeObject } from "../../kube-object.ts";
import { nameOf, nodePortRange, type Allocations } from "./allocations.ts";
import { hasNodePorts, needsHealthCheckNodePort } from "./service-defaults.ts";

/**
 * The missing node ports of a Service. Ports that differ only in protocol share a node port if it is free for both.
 */
export function allocateNodePorts(spec: JsonObject, allocations: Allocations): JsonObject {
  const ports = arrayAt(spec, "ports");
  const taken = new Set(ports.map(nodePortOf));
  const byPort = new Map(ports.filter(nodePortOf).map((port) => [numberAt(port, "port"), nodePortOf(port)]));
  const take = (): number | undefined => {
    const nodePort = allocations.freeNodePort(taken);
    if (nodePort !== undefined) taken.add(nodePort);
    return nodePort;
  };
  const allocated = ports.map((port) => {
    if (!hasNodePorts(spec) || nodePortOf(port) !== 0) return port;
    const shared = byPort.get(numberAt(port, "port"));
    const isShareable =
      shared !== undefined && allocations.nodePortHolder(protocolOf(port), shared) === undefined;
    const nodePort = isShareable ? shared : take();
    if (nodePort === undefined) return port;
    byPort.set(numberAt(port, "port"), nodePort);
    return { ...objectAt(port), nodePort };
  });
  const needsHealthCheck =
    needsHealthCheckNodePort(spec) && (numberAt(spec, "healthCheckNodePort") ?? 0) === 0;
  const healthCheckNodePort = needsHealthCheck ? take() : undefined;
  return {
    ...(allocated.length === 0 ? {} : { ports: allocated }),
    ...(healthCheckNodePort === undefined ? {} : { healthCheckNodePort }),
  };
}

/** Errors for requested node ports that are not available. */
export function nodePortErrors(service: KubeObject, allocations: Allocations): readonly FieldError[] {
  const ports = arrayAt(service, "spec", "ports").map((port, index) => ({
    field: `spec.ports[${index}].nodePort`,
    protocol: protocolOf(port),
    nodePort: nodePortOf(port),
  }));
  const healthCheck = {
    field: "spec.healthCheckNodePort",
    protocol: "TCP",
    nodePort: numberAt(service, "spec", "healthCheckNodePort") ?? 0,
  };
  const { first, last } = nodePortRange;
  return [...ports, healthCheck].flatMap(({ field, protocol, nodePort }) => {
    if (nodePort === 0) return [];
    if (nodePort < first || nodePort > last) {
      const detail = `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
      return [invalid(field, nodePort, detail)];
    }
    const holder = allocations.nodePortHolder(protocol, nodePort);
    if (holder === undefined || holder === nameOf(service)) return [];
    return [invalid(field, nodePort, "provided port is already allocated")];
  });
}

/** 0 if there is none. */
function nodePortOf(port: JsonValue): number {
  return numberAt(port, "nodePort") ?? 0;
}

function protocolOf(port: JsonValue): string {
  return stringAt(port, "protocol") ?? "TCP";
}
