import {
  checkEndpoints,
  dead,
  draining,
  type EndpointRow,
  onNode,
  ready,
  unready,
  zone,
} from "./endpoint-rows.ts";

const a = "10.0.0.1";
const b = "10.0.0.2";
const c = "10.0.0.3";

const rows: readonly EndpointRow[] = [
  { rule: "without a slice nothing is usable", slices: [], outcome: "refuse" },
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
    outcome: "refuse",
  },
  {
    rule: "a slice of another family is ignored",
    slices: [{ addressType: "IPv6", endpoints: ["fd00::1"] }],
    outcome: "refuse",
  },
  {
    rule: "a slice without label service-name is ignored",
    slices: [{ service: null, endpoints: [a] }],
    outcome: "refuse",
  },
  {
    rule: "a slice of another namespace is another Service's",
    slices: [{ namespace: "other", endpoints: [a] }],
    outcome: "refuse",
  },
  {
    rule: "a slice with label headless is ignored",
    slices: [{ labels: { "service.kubernetes.io/headless": "" }, endpoints: [a] }],
    outcome: "refuse",
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
    outcome: "refuse",
  },
  {
    rule: "endpoints that terminate without serving are never used",
    slices: [{ endpoints: [dead(a)] }],
    outcome: "refuse",
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
    outcome: "refuse",
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
    rule: "a dual-stack Service's families have their own endpoints",
    service: { clusterIPs: ["fd00:96::10"] },
    slices: [{ endpoints: [a] }, { addressType: "IPv6", endpoints: ["FD00:0:0::2"] }],
    cluster: ["fd00::2 8080"],
  },
];

describe("endpoints of a service port", () => {
  for (const row of rows) it(row.rule, () => checkEndpoints(row));
});
