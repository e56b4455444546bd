import assert from "node:assert/strict";
import { buildEndpointSlices } from "../../../../playground/endpoint-slices/build-endpoint-slices.ts";
import type {
  EndpointObject,
  NodeObject,
  PodObject,
  ServiceObject,
} from "../../../../playground/endpoint-slices/kube-objects.ts";

const nodes: readonly NodeObject[] = [
  { name: "node1", zone: "zone-a" },
  { name: "node2", zone: "zone-b" },
].map(({ name, zone }) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
  spec: {},
}));

function service(spec: Partial<ServiceObject["spec"]> = {}): ServiceObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "ns", uid: "service-uid" },
    spec: {
      selector: { app: "web" },
      clusterIPs: ["10.96.0.10", "fd00:10:96::10"],
      ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }],
      ...spec,
    },
  };
}

interface PodFacts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly phase?: "Running" | "Succeeded" | "Failed";
  readonly ips?: readonly string[];
  readonly nodeName?: string;
  readonly httpPort?: number;
}

function pod(name: string, facts: PodFacts = {}): PodObject {
  const {
    labels = { app: "web" },
    namespace = "ns",
    ready = true,
    phase = "Running",
    ips = ["10.244.1.10", "fd00:10:244:1::10"],
    nodeName = "node1",
    httpPort = 8080,
  } = facts;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels,
      uid: `${name}-uid`,
      ...(facts.terminating === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: {
      nodeName,
      containers: [{ name: "server", image: "any", ports: [{ name: "http", containerPort: httpPort }] }],
    },
    status: {
      phase,
      podIPs: ips.map((ip) => ({ ip })),
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

function endpoints(service: ServiceObject, pods: readonly PodObject[]): readonly EndpointObject[] {
  const slices = buildEndpointSlices(service, pods, nodes);
  return slices.filter(({ addressType }) => addressType === "IPv4").flatMap((slice) => slice.endpoints);
}

describe("buildEndpointSlices", () => {
  it("describes a ready pod completely, in both IP families", () => {
    const slices = buildEndpointSlices(service(), [pod("a")], nodes);
    assert.deepEqual(
      slices.map(({ addressType, endpoints }) => [addressType, endpoints[0]?.addresses]),
      [
        ["IPv4", ["10.244.1.10"]],
        ["IPv6", ["fd00:10:244:1::10"]],
      ],
    );
    assert.deepEqual(slices[0]?.ports, [{ name: "http", protocol: "TCP", port: 8080 }]);
    assert.deepEqual(slices[0]?.endpoints[0], {
      addresses: ["10.244.1.10"],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: "node1",
      zone: "zone-a",
      targetRef: { kind: "Pod", namespace: "ns", name: "a", uid: "a-uid" },
    });
    assert.equal(slices[0]?.metadata.labels?.["kubernetes.io/service-name"], "web");
    assert.equal(slices[0]?.metadata.ownerReferences?.[0]?.uid, "service-uid");
  });

  const selections: readonly {
    readonly name: string;
    readonly service?: ServiceObject;
    readonly pod: PodObject;
    readonly slices: number;
    readonly endpoints: number;
  }[] = [
    {
      name: "a pod with different labels is left out",
      pod: pod("a", { labels: { app: "db" } }),
      slices: 2,
      endpoints: 0,
    },
    {
      name: "a pod of another namespace is left out",
      pod: pod("a", { namespace: "other" }),
      slices: 2,
      endpoints: 0,
    },
    { name: "a finished pod is left out", pod: pod("a", { phase: "Succeeded" }), slices: 2, endpoints: 0 },
    { name: "a failed pod is left out", pod: pod("a", { phase: "Failed" }), slices: 2, endpoints: 0 },
    { name: "a pod without an address is left out", pod: pod("a", { ips: [] }), slices: 2, endpoints: 0 },
    {
      name: "a pod with one family is in that family only",
      pod: pod("a", { ips: ["fd00:10:244:1::10"] }),
      slices: 2,
      endpoints: 0,
    },
    {
      name: "a Service with one family has slices of that family only",
      service: service({ clusterIPs: ["10.96.0.10"] }),
      pod: pod("a"),
      slices: 1,
      endpoints: 1,
    },
    {
      name: "a headless Service uses ipFamilies",
      service: service({ clusterIP: "None", clusterIPs: ["None"], ipFamilies: ["IPv4"] }),
      pod: pod("a"),
      slices: 1,
      endpoints: 1,
    },
    {
      name: "a Service with an empty selector has no slices",
      service: service({ selector: {} }),
      pod: pod("a"),
      slices: 0,
      endpoints: 0,
    },
    {
      name: "an ExternalName Service has no slices",
      service: service({ type: "ExternalName" }),
      pod: pod("a"),
      slices: 0,
      endpoints: 0,
    },
  ];
  for (const row of selections) {
    it(row.name, () => {
      const its = row.service ?? service();
      assert.equal(buildEndpointSlices(its, [row.pod], nodes).length, row.slices);
      assert.equal(endpoints(its, [row.pod]).length, row.endpoints);
    });
  }

  const conditions: readonly {
    readonly name: string;
    readonly pod: PodFacts;
    readonly publishNotReady?: boolean;
    readonly expect: EndpointObject["conditions"];
  }[] = [
    {
      name: "an unready pod is neither ready nor serving",
      pod: { ready: false },
      expect: { ready: false, serving: false, terminating: false },
    },
    {
      name: "a ready pod that is terminating is serving but not ready",
      pod: { terminating: true },
      expect: { ready: false, serving: true, terminating: true },
    },
    {
      name: "publishNotReadyAddresses makes every pod ready, and serving still shows its readiness",
      pod: { ready: false, terminating: true },
      publishNotReady: true,
      expect: { ready: true, serving: false, terminating: true },
    },
  ];
  for (const { name, pod: facts, publishNotReady = false, expect } of conditions) {
    it(name, () => {
      const [endpoint] = endpoints(service({ publishNotReadyAddresses: publishNotReady }), [pod("a", facts)]);
      assert.deepEqual(endpoint?.conditions, expect);
    });
  }

  const hints: readonly {
    readonly name: string;
    readonly trafficDistribution: string;
    readonly pod?: PodFacts;
    readonly expect: EndpointObject["hints"];
  }[] = [
    {
      name: "PreferSameZone sets a hint for the pod's own zone",
      trafficDistribution: "PreferSameZone",
      expect: { forZones: [{ name: "zone-a" }] },
    },
    {
      name: "PreferClose is the older name of PreferSameZone",
      trafficDistribution: "PreferClose",
      expect: { forZones: [{ name: "zone-a" }] },
    },
    {
      name: "PreferSameNode sets hints for the node and the zone",
      trafficDistribution: "PreferSameNode",
      expect: { forZones: [{ name: "zone-a" }], forNodes: [{ name: "node1" }] },
    },
    {
      name: "an unready pod has no hints",
      trafficDistribution: "PreferSameZone",
      pod: { ready: false },
      expect: undefined,
    },
    {
      name: "a pod on a node without a zone has no hints",
      trafficDistribution: "PreferSameZone",
      pod: { nodeName: "elsewhere" },
      expect: undefined,
    },
  ];
  for (const { name, trafficDistribution, pod: facts, expect } of hints) {
    it(name, () => {
      const [endpoint] = endpoints(service({ trafficDistribution }), [pod("a", facts)]);
      assert.deepEqual(endpoint?.hints, expect);
    });
  }

  it("resolves a named target port for each pod, and puts different numbers into different slices", () => {
    const named = service({ clusterIPs: ["10.96.0.10"], ports: [{ port: 80, targetPort: "http" }] });
    const slices = buildEndpointSlices(named, [pod("a"), pod("b", { httpPort: 9090 }), pod("c")], nodes);
    assert.deepEqual(
      slices.map(({ ports, endpoints }) => [ports[0]?.port, endpoints.map((item) => item.targetRef?.name)]),
      [
        [8080, ["a", "c"]],
        [9090, ["b"]],
      ],
    );
    assert.notEqual(slices[0]?.metadata.name, slices[1]?.metadata.name);
  });

  it("uses the service port if targetPort is not set", () => {
    const [slice] = buildEndpointSlices(service({ ports: [{ port: 80 }] }), [pod("a")], nodes);
    assert.deepEqual(slice?.ports, [{ name: "", protocol: "TCP", port: 80 }]);
  });

  it("builds the same slices regardless of the order of the pods", () => {
    const pods = [pod("a"), pod("b"), pod("c")];
    assert.deepEqual(
      buildEndpointSlices(service(), pods, nodes),
      buildEndpointSlices(service(), pods.toReversed(), nodes),
    );
  });
});
