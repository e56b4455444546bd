import type { ApiObject } from "../../../platform/kube/api-client.ts";
import { groupVersionOf, resources } from "../../../platform/kube/resources.ts";

/** Size of a simulated cluster. */
export interface WorkloadSize {
  readonly services: number;
  /** Endpoints of each Service, at most 100, because they are in one EndpointSlice. */
  readonly endpoints: number;
}

/** The parts of a Service of the workload that are relevant for a proxy. */
export interface PlannedService {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP: string;
  readonly endpointAddresses: readonly string[];
}

export const servicePort = 80;
export const endpointPort = 8080;
export const serviceCIDR = "10.96.0.0/12";
/** Network of the endpoints of probed Services; the namespace of the case answers for all its addresses. */
export const answeringCIDR = "10.254.255.0/24";

const firstServiceAddress = ipv4(10, 96, 0, 10);
const firstEndpointAddress = ipv4(10, 128, 0, 1);
const firstAnsweringAddress = ipv4(10, 254, 255, 1);
const largePrime = 1_000_003;
const probedServices = 16;
const creationTime = "2026-01-01T00:00:00Z";

/** The Services of a cluster of the given size, always the same ones. The first is kube-system/kube-dns. */
export function planServices({ services, endpoints }: WorkloadSize): readonly PlannedService[] {
  if (endpoints > 100) throw new RangeError(`endpoints must be at most 100, got ${endpoints}`);
  const probed = new Set(probedIndexes(services));
  return Array.from({ length: services }, (_, index) => {
    const address = (slot: number): number =>
      probed.has(index) ? firstAnsweringAddress + slot : firstEndpointAddress + 2 * (slot * services + index);
    return {
      ...nameOf(index),
      clusterIP: dotted(firstServiceAddress + index),
      endpointAddresses: Array.from({ length: endpoints }, (_, slot) => dotted(address(slot))),
    };
  });
}

/** Services whose endpoints answer, from the first to the last: when these are programmed, all are. */
export function probedIndexes(services: number): readonly number[] {
  const step = Math.max(1, (services - 1) / (probedServices - 1));
  const indexes = Array.from({ length: probedServices }, (_, nth) => Math.round(nth * step));
  return [...new Set(indexes)].filter((index) => index < services);
}

/**
 * An address that no endpoint of the plan has and that differs for each `nth` up to the number of all endpoints. It may be
 * before, between or after the other addresses in order, so a proxy that sorts endpoints has to insert it.
 */
export function spareAddress({ services, endpoints }: WorkloadSize, nth: number): string {
  return dotted(firstEndpointAddress + 1 + 2 * ((nth * largePrime) % (services * endpoints)));
}

function nameOf(index: number): { readonly namespace: string; readonly name: string } {
  if (index === 0) return { namespace: "kube-system", name: "kube-dns" };
  return { namespace: `team-${index % 50}`, name: `service-${String(index).padStart(5, "0")}` };
}

/** Has the size of an object from a real API server, including managed fields. */
export function makeService({ namespace, name, clusterIP }: PlannedService): ApiObject {
  return {
    kind: "Service",
    apiVersion: "v1",
    metadata: {
      ...makeMetadata({ namespace, name }),
      labels: { app: name, "app.kubernetes.io/managed-by": "Helm" },
      managedFields: [
        {
          manager: "helm",
          operation: "Update",
          apiVersion: "v1",
          time: creationTime,
          fieldsType: "FieldsV1",
          fieldsV1: {
            "f:metadata": { "f:labels": { ".": {}, "f:app": {}, "f:app.kubernetes.io/managed-by": {} } },
            "f:spec": {
              "f:internalTrafficPolicy": {},
              "f:ports": {
                ".": {},
                'k:{"port":80,"protocol":"TCP"}': {
                  ".": {},
                  "f:name": {},
                  "f:port": {},
                  "f:protocol": {},
                  "f:targetPort": {},
                },
              },
              "f:selector": {},
              "f:sessionAffinity": {},
              "f:type": {},
            },
          },
        },
      ],
    },
    spec: {
      ports: [{ name: "http", protocol: "TCP", port: servicePort, targetPort: endpointPort }],
      selector: { app: name },
      clusterIP,
      clusterIPs: [clusterIP],
      type: "ClusterIP",
      sessionAffinity: "None",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    },
    status: { loadBalancer: {} },
  } as ApiObject;
}

/** The EndpointSlice of a Service. All endpoints are ready and on other nodes. */
export function makeEndpointSlice({ namespace, name, endpointAddresses }: PlannedService): ApiObject {
  return {
    kind: "EndpointSlice",
    apiVersion: groupVersionOf(resources.endpointSlices),
    metadata: {
      ...makeMetadata({ namespace, name: `${name}-x7k2p` }),
      generateName: `${name}-`,
      labels: {
        app: name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": name,
      },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Service",
          name,
          uid: uidOf(`${namespace}/${name}`),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        {
          manager: "kube-controller-manager",
          operation: "Update",
          apiVersion: groupVersionOf(resources.endpointSlices),
          time: creationTime,
          fieldsType: "FieldsV1",
          fieldsV1: {
            "f:addressType": {},
            "f:endpoints": {},
            "f:metadata": { "f:generateName": {}, "f:labels": {}, "f:ownerReferences": {} },
            "f:ports": {},
          },
        },
      ],
    },
    addressType: "IPv4",
    endpoints: endpointAddresses.map((address, slot) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", namespace, name: `${name}-${slot}`, uid: uidOf(address) },
      nodeName: `node-${slot % 200}`,
      zone: `zone-${slot % 3}`,
    })),
    ports: [{ name: "http", port: endpointPort, protocol: "TCP" }],
  } as ApiObject;
}

function makeMetadata({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { name, namespace, uid: uidOf(`${namespace}/${name}`), creationTimestamp: creationTime };
}

/** A text with the length of a UUID, which differs for different texts of up to 24 characters. */
function uidOf(text: string): string {
  return Buffer.from(text).toString("hex").slice(-36).padStart(36, "0");
}

function ipv4(...bytes: readonly [number, number, number, number]): number {
  return bytes.reduce((address, byte) => address * 256 + byte, 0);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
