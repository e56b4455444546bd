/** Addresses of the Service range that the node itself owns, as a DNS cache on each node has one. */
import assert from "node:assert/strict";
import { execa } from "execa";
import { NamespaceProgram } from "../../playground/nodes/namespace-program.ts";
import { bothFamilies, clusterIP } from "../scenarios/addresses.ts";
import { endpointSlices, service, servicePort } from "../scenarios/cluster-objects.ts";
import { answeredBy, at, dropped, scenario } from "../scenarios/scenario.ts";
import { createStage } from "./create-stage.ts";
import { modeToTest } from "./options.ts";
import { families, playScenario, type Complaints } from "./play-scenario.ts";
import type { Stage } from "./stage.ts";

const unallocated = clusterIP(77);
const ownPort = 8053;

const rules = scenario("what the node owns is the node's", {
  services: [service()],
  endpointSlices: endpointSlices({ endpoints: ["pod2a"] }),
  probes: [
    ...(["TCP", "UDP"] as const).flatMap((protocol) =>
      (["pod1b", "client"] as const).flatMap((from) =>
        [unallocated, clusterIP(1)].map((address) => ({
          from,
          to: at(address, ownPort, protocol),
          expect: answeredBy(["node1"], { sees: "client" }),
        })),
      ),
    ),
    { from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod2a"]) },
    { from: "pod1b", to: at(clusterIP(78), ownPort), expect: dropped },
    { from: "node1", to: at(unallocated, ownPort), expect: dropped },
  ],
});

describe(`packets to addresses of the Service range that the node owns, in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: Stage;
  let server: NamespaceProgram;
  let complaints: Complaints;

  before(async function () {
    stage = await createStage(this);
    const namespace = stage.namespaceOf("node1");
    const addresses = [...bothFamilies(unallocated), ...bothFamilies(clusterIP(1))];
    for (const address of addresses) {
      await execa("ip", ["-n", namespace, "address", "add", address, "dev", "lo"]);
    }
    const argument = { name: "node1", addresses, tcpPorts: [ownPort], udpPorts: [ownPort] };
    server = new NamespaceProgram({ namespace, program: "pod-server.mjs", argument });
    await server.readLine();
    complaints = await playScenario(stage, rules);
  });

  after(async () => {
    await server?.close();
    await stage?.close();
  });

  for (const family of families) {
    it(family, () => assert.deepEqual(complaints[family], []));
  }
});
