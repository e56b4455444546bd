import type { EndpointObject, NodeObject, PodObject, ServiceObject } from "./kube-objects.ts";

/**
 * One pod as an endpoint of a Service. `ready` is what load balancers use, `serving` is the readiness of the pod. They differ
 * while the pod is terminating, and for Services with publishNotReadyAddresses.
 */
export function buildEndpoint({
  service,
  pod,
  address,
  nodes,
}: {
  readonly service: ServiceObject;
  readonly pod: PodObject;
  readonly address: string;
  readonly nodes: readonly NodeObject[];
}): EndpointObject {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const { nodeName } = pod.spec;
  const zone = zoneOf(nodeName, nodes);
  const serving =
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  const terminating = deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hints = ready ? buildHints(service.spec.trafficDistribution, nodeName, zone) : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
    targetRef: {
      kind: "Pod",
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function zoneOf(nodeName: string | undefined, nodes: readonly NodeObject[]): string | undefined {
  return nodes.find(({ metadata }) => metadata.name === nodeName)?.metadata.labels?.[
    "topology.kubernetes.io/zone"
  ];
}

/** An endpoint in an unknown zone has no hints, so agents ignore the hints of all endpoints. */
function buildHints(
  trafficDistribution: string | undefined,
  nodeName: string | undefined,
  zone: string | undefined,
): EndpointObject["hints"] {
  if (zone === undefined) return undefined;
  const forZones = [{ name: zone }];
  if (trafficDistribution === "PreferSameZone" || trafficDistribution === "PreferClose") return { forZones };
  if (trafficDistribution !== "PreferSameNode") return undefined;
  return nodeName === undefined ? { forZones } : { forZones, forNodes: [{ name: nodeName }] };
}
