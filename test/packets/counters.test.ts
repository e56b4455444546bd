/** Connections to Services, from where the kernel counts them to where people read them. */
import assert from "node:assert/strict";
import { FrontendCounters } from "../../agent/metrics/frontend-counters.ts";
import { createServiceRoutes } from "../../agent/http/service-routes.ts";
import { createServiceConnections } from "../../agent/metrics/service-metrics.ts";
import { serveHttp } from "../../platform/http/serve.ts";
import { silentLogger } from "../../platform/log.ts";
import type { AddressPair } from "../../playground/nodes/network-plan.ts";
import { startLoad } from "../../playground/nodes/load.ts";
import { addressOf, clusterIP, inFamily, type SourceName } from "../scenarios/addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "../scenarios/cluster-objects.ts";
import type { ClusterState } from "../scenarios/scenario.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { ScenarioNode } from "../support/scenario-node.ts";
import { skipBecause } from "../support/skip.ts";
import { createStage } from "./create-stage.ts";
import type { HostedDataplane } from "./hosted-dataplane.ts";
import { modeToTest } from "./options.ts";
import { families } from "./play-scenario.ts";
import type { Stage } from "./stage.ts";

const state: ClusterState = {
  services: [
    service({ type: "NodePort" }),
    service({ name: "other", number: 2 }),
    service({ name: "unused", number: 3 }),
  ],
  endpointSlices: [
    ...endpointSlices({ endpoints: ["pod2a"] }),
    ...endpointSlices({ service: "other", endpoints: ["pod3a"] }),
  ],
};
const { desired } = new ScenarioNode("node1").update(state);

describe(`counters in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: Stage;
  let dataplane: HostedDataplane;
  let clock: FakeClock;
  let counters: FrontendCounters;

  before(async function () {
    stage = await createStage(this);
    dataplane = stage.dataplaneOf("node1");
    const counts = await dataplane.countFrontends();
    if (counts === undefined) skipBecause(this, `mode ${modeToTest()} does not count connections`);
  });

  after(async () => {
    await stage?.close();
  });

  beforeEach(async () => {
    clock = new FakeClock();
    counters = new FrontendCounters({ read: async () => (await dataplane.countFrontends()) ?? [], clock });
    await dataplane.cleanUp();
    await stage.program(state);
  });

  /** Opens so many connections in each family. */
  async function connect(from: SourceName, to: AddressPair, port: number, times: number): Promise<void> {
    for (const family of families) {
      const address = inFamily(to, family);
      const { failures } = await stage.proberOf(from).probe({ protocol: "TCP", address, port, count: times });
      assert.deepEqual(failures, {});
    }
  }

  it("count each connection once, by frontend and family", async () => {
    await connect("pod1b", clusterIP(1), servicePort, 3);
    await connect("client", addressOf("node1"), nodePort, 2);
    const { counts } = await counters.reading();
    const expected: readonly (readonly [AddressPair, number, number])[] = [
      [clusterIP(1), servicePort, 3],
      [addressOf("node1"), nodePort, 2],
      [clusterIP(2), servicePort, 0],
      [clusterIP(3), servicePort, 0],
    ];
    const ids = expected.flatMap(([address, port, count]) =>
      families.map((family) => [`TCP ${inFamily(address, family)} ${port}`, count] as const),
    );
    assert.deepEqual(Object.fromEntries(counts), Object.fromEntries(ids));
  });

  it("go on in the totals when everything is reprogrammed", async () => {
    const connections = createServiceConnections({
      size: 2,
      counters,
      desired: () => desired,
      log: silentLogger,
    });
    const read = async () => {
      await clock.advance(10_000);
      return (await connections.read()).map(({ labels, value }) => [labels["service"], value]);
    };
    await connect("pod1b", clusterIP(1), servicePort, 2);
    await connect("pod1b", clusterIP(2), servicePort, 1);
    assert.deepEqual(await read(), [
      ["web", 4],
      ["other", 2],
    ]);
    await dataplane.cleanUp();
    await stage.program(state);
    await connect("pod1b", clusterIP(1), servicePort, 1);
    assert.deepEqual(await read(), [
      ["web", 6],
      ["other", 2],
    ]);
  });

  it("are reported for one Service, with the open connections of its endpoints", async () => {
    await dataplane.forgetFlows();
    await using server = await serveService();
    const load = startLoad({
      namespace: stage.namespaceOf("pod1b"),
      protocol: "TCP",
      address: clusterIP(1).ipv4,
      port: servicePort,
      durationMs: 20_000,
      keepConnection: true,
    });
    try {
      await load.started;
      const text = await (await fetch(`http://127.0.0.1:${server.port}/services/default/web`)).text();
      assert.match(text, /"address": "10\.96\.1\.1",\s+"port": 80,\s+"connections": 1/);
      assert.match(text, /"address": "10\.244\.2\.10",[^}]*"openConnections": 1/);
    } finally {
      await load.close();
    }
  });

  /** The agent's page about a Service, on a free port. */
  async function serveService(): Promise<AsyncDisposable & { readonly port: number }> {
    const stop = new AbortController();
    const routes = createServiceRoutes({
      desired: () => desired,
      serving: { of: () => undefined },
      counters,
      countConnections: () => dataplane.countConnections(),
    });
    const options = { address: "127.0.0.1:0", routes, log: silentLogger, signal: stop.signal };
    const { port } = await serveHttp(options);
    return {
      port,
      [Symbol.asyncDispose]: () => {
        stop.abort();
        return Promise.resolve();
      },
    };
  }
});
