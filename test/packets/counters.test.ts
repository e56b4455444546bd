import assert from "node:assert/strict";
import { FrontendCounters } from "../../agent/metrics/frontend-counters.ts";
import { createServiceRoutes } from "../../agent/http/service-routes.ts";
import { createServiceConnections } from "../../agent/metrics/service-metrics.ts";
import { createNftablesDataplane } from "../../agent/dataplane/nftables/index.ts";
import type { Dataplane } from "../../agent/dataplane/dataplane.ts";
import type { RunningCommand } from "../../agent/kernel/command/command.ts";
import { countConnections } from "../../agent/node-services/connections/count-connections.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { serveHttp } from "../../platform/http/serve.ts";
import { silentLogger } from "../../platform/log.ts";
import { FakeClock } from "../support/fake-clock.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
} from "../support/make-desired-state.ts";
import { createNftNamespace, type NftNamespace } from "../support/nft-namespace.ts";
import { skipBecause } from "../support/skip.ts";
import { modeToTest } from "./options.ts";

const ignore = { onStdout: () => {}, onStderr: () => {} };
const full = { kind: "full" } as const;
const desired = makeDesiredState([
  makeDesiredService("shop/web", [
    { frontends: [makeFrontend("10.96.0.1:80"), makeFrontend("192.0.2.1:30080", { kind: "nodePort" })] },
  ]),
  makeDesiredService("shop/other", [
    { frontends: [makeFrontend("10.96.0.2:80")], clusterEndpoints: [makeEndpoint("10.244.1.2:8080")] },
  ]),
  makeDesiredService("shop/unused", [{ frontends: [makeFrontend("10.96.0.3:80")] }]),
  makeDesiredService("shop/v6", [
    { frontends: [makeFrontend("[fd96::1]:80")], clusterEndpoints: [makeEndpoint("[fd44:1::2]:8080")] },
  ]),
]);

describe("counters of the nftables mode", function () {
  this.timeout(30_000);

  let namespace: NftNamespace;
  let dataplane: Dataplane;
  let clock: FakeClock;
  let counters: FrontendCounters;
  const servers: RunningCommand[] = [];

  before(async function () {
    if (modeToTest() !== "nftables") skipBecause(this, "only mode nftables counts");
    namespace = createNftNamespace(this);
    for (const args of [
      ["link", "set", "lo", "up"],
      ["address", "add", "10.244.1.2/32", "dev", "lo"],
      ["address", "add", "192.0.2.1/32", "dev", "lo"],
      ["route", "add", "10.96.0.0/16", "dev", "lo"],
      ["-6", "address", "add", "fd44:1::2/128", "dev", "lo"],
      ["-6", "route", "add", "fd96::/108", "dev", "lo"],
    ]) {
      await namespace.commands.run("ip", args);
    }
    for (const listen of ["TCP4-LISTEN:8080,bind=10.244.1.2", "TCP6-LISTEN:8080,bind=[fd44:1::2]"]) {
      servers.push(namespace.commands.start("socat", [`${listen},fork,reuseaddr`, "EXEC:cat"], ignore));
    }
  });

  after(async () => {
    for (const server of servers) await server.stop();
    namespace.remove();
  });

  beforeEach(async () => {
    dataplane = createNftablesDataplane({
      commands: namespace.commands,
      log: silentLogger,
      clock: systemClock,
    });
    clock = new FakeClock();
    counters = new FrontendCounters({
      read: async () => (await dataplane.readFrontendCounts?.()) ?? [],
      clock,
    });
    await dataplane.sync(desired, full);
  });

  afterEach(() => dataplane.cleanup());

  async function connect(target: string, times: number): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      const { stdout } = await namespace.commands.run(
        "socat",
        ["-t5", "STDIO", `${target},connect-timeout=3`],
        {
          input: "hello",
        },
      );
      assert.equal(stdout, "hello");
    }
  }

  it("count each connection once, by frontend and family", async () => {
    await connect("TCP:10.96.0.1:80", 3);
    await connect("TCP:192.0.2.1:30080", 2);
    await connect("TCP6:[fd96::1]:80", 1);
    const { counts } = await counters.reading();
    assert.deepEqual(Object.fromEntries(counts), {
      "TCP 10.96.0.1 80": 3,
      "TCP 192.0.2.1 30080": 2,
      "TCP 10.96.0.2 80": 0,
      "TCP 10.96.0.3 80": 0,
      "TCP fd96::1 80": 1,
    });
  });

  it("go on in the totals when everything is programmed anew", async () => {
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
    await connect("TCP:10.96.0.1:80", 2);
    await connect("TCP:10.96.0.2:80", 1);
    assert.deepEqual(await read(), [
      ["web", 2],
      ["other", 1],
    ]);
    namespace.nft("flush", "ruleset");
    await dataplane.sync(desired, full);
    await connect("TCP:10.96.0.1:80", 1);
    assert.deepEqual(await read(), [
      ["web", 3],
      ["other", 1],
    ]);
  });

  it("are told of one Service, with the open connections of its endpoints", async () => {
    const stop = new AbortController();
    const client = namespace.commands.start("socat", ["STDIO", "TCP:10.96.0.1:80"], ignore);
    await connect("TCP:10.96.0.1:80", 1);
    const routes = createServiceRoutes({
      desired: () => desired,
      counters,
      countConnections: () => countConnections(namespace.commands),
    });
    const address = "127.0.0.1:0";
    const { port } = await serveHttp({ address, routes, log: silentLogger, signal: stop.signal });
    const text = await (await fetch(`http://127.0.0.1:${port}/services/shop/web`)).text();
    await client.stop();
    stop.abort();
    assert.match(text, /"address": "10\.96\.0\.1",\s+"port": 80,\s+"connections": 2/);
    assert.match(text, /"address": "10\.244\.1\.2",[^}]*"openConnections": 1/);
  });
});
