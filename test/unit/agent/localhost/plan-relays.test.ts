import assert from "node:assert/strict";
import { planRelays } from "../../../../agent/localhost/plan-relays.ts";
import type { Frontend } from "../../../../agent/services/desired-state.ts";
import { makeDesiredService, makeFrontend } from "../../../support/make-desired-state.ts";

const clusterIP = makeFrontend("[fd00:10:96::a]:80");
const externalIP = makeFrontend("[fd00::7]:80", { kind: "externalIP" });
const onNode = makeFrontend("[fd00:0:0:1::1]:30080", { kind: "nodePort" });
const onLoopback = makeFrontend("[::1]:30080", { kind: "nodePort" });

const rows: readonly {
  readonly rule: string;
  readonly frontends: readonly Frontend[];
  readonly target?: string;
}[] = [
  { rule: "no NodePort on [::1] needs none", frontends: [clusterIP, onNode] },
  {
    rule: "the NodePort on an address of the node is the target",
    frontends: [clusterIP, externalIP, onLoopback, onNode],
    target: "fd00:0:0:1::1 30080",
  },
  {
    rule: "the ClusterIP is the target where the node accepts NodePorts nowhere else",
    frontends: [externalIP, clusterIP, onLoopback],
    target: "fd00:10:96::a 80",
  },
  { rule: "nothing can be done without another address", frontends: [onLoopback] },
  {
    rule: "an IPv4 loopback address is the kernel's",
    frontends: [clusterIP, makeFrontend("127.0.0.1:30080", { kind: "nodePort" })],
  },
  {
    rule: "another Service's external IP ::1 is none",
    frontends: [clusterIP, makeFrontend("[::1]:80", { kind: "externalIP" })],
  },
];

describe("planRelays", () => {
  for (const { rule, frontends, target } of rows) {
    it(rule, () => {
      const service = makeDesiredService("default/web", [{ protocol: "UDP", frontends: [...frontends] }]);
      const planned = planRelays(service).map(
        ({ protocol, listen, target: { address, port } }) =>
          `${protocol} ${listen.address} ${listen.port} to ${address} ${port}`,
      );
      assert.deepEqual(planned, target === undefined ? [] : [`UDP ::1 30080 to ${target}`]);
    });
  }
});
