import assert from "node:assert/strict";
import { makeEndpointSlice, makeService } from "../../../../support/make-objects.ts";
import { compileObjects, endpointWords, type Objects, onlyPortOf } from "../compile-objects.ts";

type Slice = Parameters<typeof makeEndpointSlice>[0];

interface Row {
  readonly rule: string;
  readonly service?: Parameters<typeof makeService>[0];
  readonly slices: readonly Slice[];
  readonly node?: Objects["node"];
  readonly cluster?: readonly string[];
  readonly local?: readonly string[];
  /** Only where both sets are empty: whether that drops (true) or rejects (false). */
  readonly usable?: boolean;
  readonly problems?: readonly string[];
}

const here = "worker-1";
const ready = (address: string, more: object = {}) => ({ addresses: [address], ...more });
const unready = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: false, serving: false, terminating: false },
  ...more,
});
const draining = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: false, serving: true, terminating: true },
  ...more,
});
const dead = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: false, serving: false, terminating: true },
  ...more,
});
const onNode = { nodeName: here };
const zone = (...names: readonly string[]) => ({ hints: { forZones: names.map((name) => ({ name })) } });
const node = (...names: readonly string[]) => ({ hints: { forNodes: names.map((name) => ({ name })) } });
const both = (nodeName: string, zoneName: string) => ({
  hints: { forNodes: [{ name: nodeName }], forZones: [{ name: zoneName }] },
});

const externalLocal = {
  type: "NodePort",
  externalTrafficPolicy: "Local",
  ports: [{ port: 80, nodePort: 30_080 }],
};
const internalLocal = { internalTrafficPolicy: "Local" };
const a = "10.0.0.1";
const b = "10.0.0.2";
const c = "10.0.0.3";

const rows: readonly Row[] = [
  { rule: "without a slice nothing is usable", slices: [], usable: false },
  {
    rule: "endpoints of all slices are merged and sorted by number",
    slices: [{ endpoints: ["10.0.0.10", b] }, { endpoints: [a] }],
    cluster: [`${a} 8080`, `${b} 8080`, "10.0.0.10 8080"],
  },
  {
    rule: "only the first address of an endpoint counts",
    slices: [{ endpoints: [{ addresses: [a, b] }] }],
    cluster: [`${a} 8080`],
  },
  {
    rule: "an endpoint is local when its nodeName is this node's",
    slices: [{ endpoints: [ready(a, onNode), ready(b, { nodeName: "worker-10" }), c] }],
    cluster: [`${a} 8080*`, `${b} 8080`, `${c} 8080`],
  },
  {
    rule: "an endpoint without address is reported, the others are used",
    slices: [{ endpoints: [{ addresses: [] }, {}, "10.0.0", a] }],
    cluster: [`${a} 8080`],
    problems: [0, 1, 2].map((index) => `endpointSlice web-1 endpoints[${index}]`),
  },
  {
    rule: "leading zeros in an endpoint address are decimal",
    slices: [{ endpoints: ["010.000.000.001"] }],
    cluster: [`${a} 8080`],
  },
  {
    rule: "an endpoint of another family than the slice's addressType is reported",
    slices: [{ endpoints: ["fd00::1", a] }],
    cluster: [`${a} 8080`],
    problems: ["endpointSlice web-1 endpoints[0]"],
  },
  {
    rule: "a slice of addressType FQDN is ignored",
    slices: [{ addressType: "FQDN", endpoints: [a] }],
    usable: false,
  },
  {
    rule: "a slice of another family is ignored",
    slices: [{ addressType: "IPv6", endpoints: ["fd00::1"] }],
    usable: false,
  },
  {
    rule: "a slice without label service-name is ignored",
    slices: [{ service: null, endpoints: [a] }],
    usable: false,
  },
  {
    rule: "a slice of another namespace is another Service's",
    slices: [{ namespace: "other", endpoints: [a] }],
    usable: false,
  },
  {
    rule: "a slice with label headless is ignored",
    slices: [{ labels: { "service.kubernetes.io/headless": "" }, endpoints: [a] }],
    usable: false,
  },
  {
    rule: "an endpoint port without name, number or with number 0 is reported and ignored",
    slices: [
      { ports: [{ port: 1 }, { name: "" }, { name: "", port: 0 }, { name: "", port: 2 }], endpoints: [a] },
    ],
    cluster: [`${a} 2`],
    problems: [0, 1, 2].map((index) => `endpointSlice web-1 ports[${index}]`),
  },
  {
    rule: "ports are matched by name",
    service: { ports: [{ name: "http", port: 80 }] },
    slices: [
      {
        ports: [
          { name: "https", port: 8443 },
          { name: "http", port: 8080 },
        ],
        endpoints: [a],
      },
    ],
    cluster: [`${a} 8080`],
  },
  {
    rule: "ports are matched by protocol",
    service: { ports: [{ name: "dns", port: 53, protocol: "UDP" }] },
    slices: [
      {
        ports: [
          { name: "dns", port: 1053 },
          { name: "dns", port: 2053, protocol: "UDP" },
        ],
        endpoints: [a],
      },
    ],
    cluster: [`${a} 2053`],
  },
  {
    rule: "one port name can be different numbers on different pods, and on one",
    service: { ports: [{ name: "http", port: 80 }] },
    slices: [
      { ports: [{ name: "http", port: 9090 }], endpoints: [a, b] },
      { ports: [{ name: "http", port: 8080 }], endpoints: [b] },
    ],
    cluster: [`${a} 9090`, `${b} 8080`, `${b} 9090`],
  },

  {
    rule: "ready that is not said is true",
    slices: [{ endpoints: [ready(a, { conditions: {} })] }],
    cluster: [`${a} 8080`],
  },
  {
    rule: "serving that is not said is true, terminating that is not said is false",
    slices: [
      {
        endpoints: [
          ready(a, { conditions: { ready: false, terminating: true } }),
          ready(b, { conditions: { ready: false, serving: true } }),
        ],
      },
    ],
    cluster: [`${a} 8080`],
  },
  {
    rule: "an endpoint that is not ready is not used",
    slices: [{ endpoints: [unready(a), b] }],
    cluster: [`${b} 8080`],
  },
  {
    rule: "endpoints that are not ready never count as usable",
    slices: [{ endpoints: [unready(a)] }],
    usable: false,
  },
  {
    rule: "endpoints that terminate without serving are never used",
    slices: [{ endpoints: [dead(a)] }],
    usable: false,
  },
  {
    rule: "an endpoint that is ready while it terminates (publishNotReadyAddresses) is used",
    slices: [
      { endpoints: [ready(a, { conditions: { ready: true, serving: false, terminating: true } }), b] },
    ],
    cluster: [`${a} 8080`, `${b} 8080`],
  },
  {
    rule: "serving and terminating endpoints are not used while another is ready",
    slices: [{ endpoints: [draining(a), b] }],
    cluster: [`${b} 8080`],
  },
  {
    rule: "without a ready endpoint those that serve while terminating are used, hints ignored",
    slices: [
      { endpoints: [draining(a, zone("zone-a")), draining(b, zone("zone-b")), unready(c), dead("10.0.0.4")] },
    ],
    cluster: [`${a} 8080`, `${b} 8080`],
  },

  {
    rule: "the same address and port twice is one endpoint",
    slices: [{ endpoints: [a, a] }, { endpoints: [a] }],
    cluster: [`${a} 8080`],
  },
  {
    rule: "a copy that is not terminating beats a terminating one, in either order",
    slices: [{ endpoints: [draining(a), ready(a), ready(b), draining(b)] }, { endpoints: [draining(c)] }],
    cluster: [`${a} 8080`, `${b} 8080`],
  },
  {
    rule: "a copy that is not ready and not terminating beats one that serves while terminating",
    slices: [{ endpoints: [draining(a), unready(a)] }],
    usable: false,
  },
  {
    rule: "a terminating copy that serves beats one that does not",
    slices: [{ endpoints: [dead(a), draining(a)] }, { endpoints: [dead(a)] }],
    cluster: [`${a} 8080`],
  },
  {
    rule: "a ready copy beats one that is not ready, across slices",
    slices: [{ endpoints: [unready(a)] }, { endpoints: [ready(a)] }],
    cluster: [`${a} 8080`],
  },

  {
    rule: "policy Local uses ready endpoints of this node; pods and the node use the cluster set",
    service: externalLocal,
    slices: [{ endpoints: [ready(a, onNode), b] }],
    cluster: [`${a} 8080*`, `${b} 8080`],
    local: [`${a} 8080*`],
  },
  {
    rule: "policy Local falls back to local terminating endpoints while Cluster uses remote ready ones",
    service: externalLocal,
    slices: [{ endpoints: [draining(a, onNode), b] }],
    cluster: [`${b} 8080`],
    local: [`${a} 8080*`],
  },
  {
    rule: "policy Local does not use local terminating endpoints while a local one is ready",
    service: externalLocal,
    slices: [{ endpoints: [draining(a, onNode), ready(b, onNode)] }],
    cluster: [`${b} 8080*`],
    local: [`${b} 8080*`],
  },
  {
    rule: "policy Local ignores topology hints",
    service: externalLocal,
    slices: [{ endpoints: [ready(a, { ...onNode, ...zone("zone-b") }), ready(b, zone("zone-a"))] }],
    cluster: [`${b} 8080`],
    local: [`${a} 8080*`],
  },
  {
    rule: "policy Local without local endpoints has an empty set, and is dropped, not rejected",
    service: internalLocal,
    slices: [{ endpoints: [a] }],
    usable: true,
  },
  {
    rule: "policy Local with nothing but remote terminating endpoints drops, too",
    service: internalLocal,
    slices: [{ endpoints: [draining(a)] }],
    usable: true,
  },
  {
    rule: "policy Local rejects when nothing is usable anywhere",
    service: internalLocal,
    slices: [{ endpoints: [unready(a, onNode)] }],
    usable: false,
  },
  {
    rule: "a Service that only has internalTrafficPolicy Local needs no cluster set",
    service: internalLocal,
    slices: [{ endpoints: [ready(a, onNode), b] }],
    local: [`${a} 8080*`],
  },
  {
    rule: "a Service with policy Cluster only needs no local set",
    slices: [{ endpoints: [ready(a, onNode)] }],
    cluster: [`${a} 8080*`],
  },
  {
    rule: "internalTrafficPolicy Local with outside addresses needs both sets",
    service: { ...internalLocal, externalIPs: ["203.0.113.9"] },
    slices: [{ endpoints: [ready(a, onNode), b] }],
    cluster: [`${a} 8080*`, `${b} 8080`],
    local: [`${a} 8080*`],
  },

  {
    rule: "node hints: with one for this node only those are used",
    slices: [
      { endpoints: [ready(a, node(here)), ready(b, node("worker-2")), ready(c, node("worker-2", here))] },
    ],
    cluster: [`${a} 8080`, `${c} 8080`],
  },
  {
    rule: "node hints beat zone hints",
    slices: [{ endpoints: [ready(a, both(here, "zone-b")), ready(b, both("worker-2", "zone-a"))] }],
    cluster: [`${a} 8080`],
  },
  {
    rule: "node hints without one for this node fall back to zone hints",
    slices: [{ endpoints: [ready(a, both("worker-3", "zone-b")), ready(b, both("worker-2", "zone-a"))] }],
    cluster: [`${b} 8080`],
  },
  {
    rule: "node hints are ignored when one ready endpoint has none",
    slices: [{ endpoints: [ready(a, node(here)), b] }],
    cluster: [`${a} 8080`, `${b} 8080`],
  },
  {
    rule: "zone hints: with one for this node's zone only those are used",
    slices: [
      { endpoints: [ready(a, zone("zone-a")), ready(b, zone("zone-b")), ready(c, zone("zone-b", "zone-a"))] },
    ],
    cluster: [`${a} 8080`, `${c} 8080`],
  },
  {
    rule: "zone hints are ignored when one ready endpoint has none",
    slices: [{ endpoints: [ready(a, zone("zone-a")), b] }],
    cluster: [`${a} 8080`, `${b} 8080`],
  },
  {
    rule: "zone hints are ignored when none names this node's zone",
    slices: [{ endpoints: [ready(a, zone("zone-b")), ready(b, zone("zone-c"))] }],
    cluster: [`${a} 8080`, `${b} 8080`],
  },
  {
    rule: "zone hints are ignored on a node without a zone",
    slices: [{ endpoints: [ready(a, zone("zone-a")), ready(b, zone(""))] }],
    node: { zone: undefined },
    cluster: [`${a} 8080`, `${b} 8080`],
  },
  {
    rule: "hints are judged over ready endpoints only",
    slices: [
      { endpoints: [ready(a, zone("zone-a")), ready(b, zone("zone-b")), unready(c), draining("10.0.0.4")] },
    ],
    cluster: [`${a} 8080`],
  },

  {
    rule: "a dual-stack Service's families have their own endpoints",
    service: { clusterIPs: ["fd00:96::10"] },
    slices: [{ endpoints: [a] }, { addressType: "IPv6", endpoints: ["FD00:0:0::2"] }],
    cluster: ["fd00::2 8080"],
  },
];

describe("endpoints of a service port", () => {
  for (const {
    rule,
    service = {},
    slices,
    node = {},
    cluster = [],
    local = [],
    usable,
    problems = [],
  } of rows) {
    it(rule, () => {
      const compiled = compileObjects({
        services: [makeService(service)],
        endpointSlices: slices.map((slice) => makeEndpointSlice(slice)),
        node,
      });
      const port = onlyPortOf(compiled);
      assert.deepEqual(endpointWords(port.clusterEndpoints), cluster);
      assert.deepEqual(endpointWords(port.localEndpoints), local);
      assert.equal(port.hasUsableEndpoints, usable ?? true);
      assert.deepEqual(
        compiled.problems.map(({ field }) => field),
        problems,
      );
    });
  }
});
