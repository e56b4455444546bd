import { apiGroup, apiVersion } from "../../crds/api.ts";

/** Identifies one kind of object in the API. */
export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in the URL. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export const resources = {
  services: { group: "", version: "v1", plural: "services", kind: "Service", namespaced: true },
  nodes: { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false },
  namespaces: { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false },
  pods: { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true },
  events: { group: "", version: "v1", plural: "events", kind: "Event", namespaced: true },
  endpointSlices: {
    group: "discovery.k8s.io",
    version: "v1",
    plural: "endpointslices",
    kind: "EndpointSlice",
    namespaced: true,
  },
  serviceCIDRs: {
    group: "networking.k8s.io",
    version: "v1",
    plural: "servicecidrs",
    kind: "ServiceCIDR",
    namespaced: false,
  },
  leases: {
    group: "coordination.k8s.io",
    version: "v1",
    plural: "leases",
    kind: "Lease",
    namespaced: true,
  },
  controllerRevisions: {
    group: "apps",
    version: "v1",
    plural: "controllerrevisions",
    kind: "ControllerRevision",
    namespaced: true,
  },
  proxyConfigs: {
    group: apiGroup,
    version: apiVersion,
    plural: "proxyconfigs",
    kind: "ProxyConfig",
    namespaced: false,
  },
  nodeProxies: {
    group: apiGroup,
    version: apiVersion,
    plural: "nodeproxies",
    kind: "NodeProxy",
    namespaced: false,
  },
} as const satisfies Record<string, Resource>;

/** `apiVersion` field of objects of the resource. */
export function groupVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}
