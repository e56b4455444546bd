import assert from "node:assert/strict";
import { buildDesiredService } from "../../../../../agent/services/build-desired-service.ts";
import { buildLocalhostNodePorts } from "../../../../../agent/services/addresses/localhost-node-ports.ts";
import { ServiceDynamics } from "../../../../../agent/services/catalog/service-dynamics.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import { parseIpAddress } from "../../../../../platform/ip/address.ts";
import { makeDesiredNode } from "../../../../support/make-desired-state.ts";
import { makeNodeFacts, makeNodeProxyConfig, makeService } from "../../../../support/make-objects.ts";

interface Row {
  readonly rule: string;
  readonly service: Parameters<typeof makeService>[0];
  /** Addresses of the node that accept NodePorts. */
  readonly accepting?: readonly string[];
  readonly nodePorts: readonly string[];
}

const both = { clusterIPs: ["10.96.0.10", "fd00:96::10"], type: "NodePort" };

const rows: readonly Row[] = [
  { rule: "a Service without NodePorts has none", service: {}, nodePorts: [] },
  {
    rule: "a NodePort leads to itself on an address of the node, in each family",
    service: { ...both, externalIPs: ["203.0.113.9"], ports: [{ port: 80, nodePort: 30_080 }] },
    accepting: ["192.168.0.1", "fd00::1"],
    nodePorts: ["TCP 127.0.0.1 30080 to 192.168.0.1 30080", "TCP ::1 30080 to fd00::1 30080"],
  },
  {
    rule: "a NodePort leads to the ClusterIP where no other address of the family accepts it",
    service: { ...both, externalIPs: ["203.0.113.9"], ports: [{ port: 80, nodePort: 30_080 }] },
    accepting: ["fd00::1"],
    nodePorts: ["TCP 127.0.0.1 30080 to 10.96.0.10 80", "TCP ::1 30080 to fd00::1 30080"],
  },
  {
    rule: "each port has its own, whatever its protocol",
    service: {
      ...both,
      clusterIPs: ["10.96.0.10"],
      ports: [
        { name: "dns", port: 53, protocol: "UDP", nodePort: 30_053 },
        { name: "dns-tcp", port: 53, nodePort: 30_053 },
        { name: "web", port: 80 },
      ],
    },
    accepting: ["192.168.0.1"],
    nodePorts: ["UDP 127.0.0.1 30053 to 192.168.0.1 30053", "TCP 127.0.0.1 30053 to 192.168.0.1 30053"],
  },
];

describe("buildLocalhostNodePorts", () => {
  for (const { rule, service, accepting = [], nodePorts } of rows) {
    it(rule, () => {
      const kept = trimService(makeService(service));
      assert.ok(kept !== undefined);
      const desired = buildDesiredService({
        service: kept,
        endpointSlices: [],
        namespaceLabels: {},
        node: makeNodeFacts(),
        nodePortAddresses: accepting.map((address) => parseIpAddress(address)),
        config: makeNodeProxyConfig(),
        desiredNode: makeDesiredNode(),
        dynamics: new ServiceDynamics().of(kept.name, 0),
        winnerOf: (claim) => claim,
      });
      const built = buildLocalhostNodePorts(kept, desired.service).map(
        ({ protocol, listen, target }) =>
          `${protocol} ${listen.address} ${listen.port} to ${target.address} ${target.port}`,
      );
      assert.deepEqual(built, nodePorts);
    });
  }
});
