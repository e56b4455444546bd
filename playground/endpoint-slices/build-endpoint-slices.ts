import { createHash } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import { buildEndpoint } from "./build-endpoint.ts";
import type {
  AddressType,
  EndpointPortObject,
  EndpointSliceObject,
  NodeObject,
  PodObject,
  PortProtocol,
  ServiceObject,
  ServicePortObject,
} from "./kube-objects.ts";

/** Label with the controller that manages a slice. */
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpoint-slices.playground.kubesteer.dev";

/** Annotation with the time of the change that triggered a slice; the agent measures its latency from this time. */
export const triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/**
 * The EndpointSlices that a Service should have: one per IP family and set of port numbers, with stable names and sorted
 * content. None for Services without a selector. Same as in kube-controller-manager, except that slices are never split (so
 * there are at most 1000 pods per Service) and that topology-mode Auto is not supported.
 */
export function buildEndpointSlices(
  service: ServiceObject,
  pods: readonly PodObject[],
  nodes: readonly NodeObject[],
): readonly EndpointSliceObject[] {
  const { selector } = service.spec;
  if (service.spec.type === "ExternalName" || selector === undefined || Object.keys(selector).length === 0) {
    return [];
  }
  const selected = pods
    .filter((pod) => pod.metadata.namespace === service.metadata.namespace && isSelected(pod, selector))
    .filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed")
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return familiesOf(service).flatMap((family) => slicesOfFamily({ service, family, pods: selected, nodes }));
}

function slicesOfFamily({
  service,
  family,
  pods,
  nodes,
}: {
  readonly service: ServiceObject;
  readonly family: AddressType;
  readonly pods: readonly PodObject[];
  readonly nodes: readonly NodeObject[];
}): readonly EndpointSliceObject[] {
  // Named target ports may have different numbers on different pods, but all endpoints of a slice share one list of ports.
  const groups = new Map<string, { ports: readonly EndpointPortObject[]; pods: PodObject[] }>();
  for (const pod of pods) {
    if (addressOf(pod, family) === undefined) continue;
    const ports = (service.spec.ports ?? []).flatMap((port) => resolvePort(port, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  if (groups.size === 0) groups.set("[]", { ports: [], pods: [] });

  return [...groups.values()].map((group) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: sliceMetadata(service, family, group.ports),
    addressType: family,
    endpoints: group.pods.flatMap((pod) => {
      const address = addressOf(pod, family);
      return address === undefined ? [] : [buildEndpoint({ service, pod, address, nodes })];
    }),
    ports: group.ports,
  }));
}

function sliceMetadata(
  service: ServiceObject,
  family: AddressType,
  ports: readonly EndpointPortObject[],
): EndpointSliceObject["metadata"] {
  const { name, namespace, uid = "" } = service.metadata;
  const hash = createHash("sha256").update(JSON.stringify(ports)).digest("hex").slice(0, 8);
  return {
    name: `${name}-${family.toLowerCase()}-${hash}`,
    ...(namespace === undefined ? {} : { namespace }),
    labels: {
      "kubernetes.io/service-name": name,
      [managedByLabel]: managedBy,
      ...(service.spec.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {}),
    },
    ownerReferences: [
      { apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true },
    ],
  };
}

function isSelected(pod: PodObject, selector: Readonly<Record<string, string>>): boolean {
  const labels = new Map(Object.entries(pod.metadata.labels ?? {}));
  return Object.entries(selector).every(([key, value]) => labels.get(key) === value);
}

function familiesOf({ spec }: ServiceObject): readonly AddressType[] {
  if (spec.ipFamilies !== undefined) return spec.ipFamilies;
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return clusterIPs.filter((address) => isIP(address) !== 0).map(familyOf); // not "None"
}

function addressOf(pod: PodObject, family: AddressType): string | undefined {
  const { podIP, podIPs } = pod.status ?? {};
  const addresses = podIPs?.map(({ ip }) => ip) ?? (podIP === undefined ? [] : [podIP]);
  return addresses.find((address) => familyOf(address) === family);
}

function familyOf(address: string): AddressType {
  return isIPv6(address) ? "IPv6" : "IPv4";
}

/** Empty if the pod has no port with that name. */
function resolvePort(port: ServicePortObject, pod: PodObject): readonly EndpointPortObject[] {
  const { name = "", protocol = "TCP", targetPort = port.port, appProtocol } = port;
  const number = typeof targetPort === "number" ? targetPort : containerPort(pod, targetPort, protocol);
  if (number === undefined) return [];
  return [{ name, protocol, port: number, ...(appProtocol === undefined ? {} : { appProtocol }) }];
}

function containerPort(pod: PodObject, name: string, protocol: PortProtocol): number | undefined {
  return pod.spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find((port) => port.name === name && (port.protocol ?? "TCP") === protocol)?.containerPort;
}
