import {
  both,
  checkEndpoints,
  draining,
  type EndpointRow,
  externalLocal,
  here,
  internalLocal,
  node,
  onNode,
  ready,
  unready,
  zone,
} from "./endpoint-rows.ts";

const a = "10.0.0.1";
const b = "10.0.0.2";
const c = "10.0.0.3";

const rows: readonly EndpointRow[] = [
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
    outcome: "drop",
  },
  {
    rule: "policy Local with nothing but remote terminating endpoints drops, too",
    service: internalLocal,
    slices: [{ endpoints: [draining(a)] }],
    outcome: "drop",
  },
  {
    rule: "policy Local rejects when nothing is usable anywhere",
    service: internalLocal,
    slices: [{ endpoints: [unready(a, onNode)] }],
    outcome: "refuse",
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
];

describe("endpoint sets of traffic policies and topology hints", () => {
  for (const row of rows) it(row.rule, () => checkEndpoints(row));
});
