import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createNftablesDataplane } from "../../agent/dataplane/nftables/index.ts";
import { createRunner, type DataplaneRunner } from "../../agent/dataplane/runner.ts";
import type { RunningCommand } from "../../agent/kernel/command/command.ts";
import type { DesiredService, ServiceName } from "../../agent/services/desired-state.ts";
import { ModeRouter } from "../../agent/sync/router.ts";
import type { ProxyMode } from "../../crds/api.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { silentLogger } from "../../platform/log.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { makeDesiredNode, makeDesiredService, makeFrontend } from "../support/make-desired-state.ts";
import { createNftNamespace, type NftNamespace } from "../support/nft-namespace.ts";
import { RecordingDataplane } from "../support/recording-dataplane.ts";
import { skipBecause } from "../support/skip.ts";
import { modeToTest } from "./options.ts";

const endpoint = "10.244.1.2";
const client = "10.244.1.3";
const clusterIPs = { web: "10.96.0.1", api: "10.96.0.2", db: "10.96.0.3" } as const;
type Name = keyof typeof clusterIPs;
const names = ["web", "api", "db"] as const;
const pod = "pod\n";
const recording = "recording\n";

describe("two modes on one node: nftables and a recording one", function () {
  this.timeout(90_000);

  let namespace: NftNamespace;
  let server: RunningCommand;
  let clock: FakeClock;
  let nftables: DataplaneRunner;
  let recorder: RecordingDataplane;
  let userspace: DataplaneRunner;
  let router: ModeRouter;
  let services: Map<ServiceName, DesiredService>;

  before(async function () {
    if (modeToTest() !== "nftables") skipBecause(this, "the other mode is nftables");
    namespace = createNftNamespace(this);
    const addresses = [endpoint, client, ...Object.values(clusterIPs)];
    for (const args of [
      ["link", "set", "lo", "up"],
      ...addresses.map((address) => ["address", "add", `${address}/32`, "dev", "lo"]),
      ["route", "add", "10.96.0.0/16", "dev", "lo"],
    ]) {
      await namespace.commands.run("ip", args);
    }
    const listen = `TCP-LISTEN:8080,bind=${endpoint},fork,reuseaddr`;
    const ignore = { onStdout: () => {}, onStderr: () => {} };
    server = namespace.commands.start("socat", ["-U", listen, "EXEC:echo pod"], ignore);
  });

  after(async () => {
    await server?.stop();
    namespace?.remove();
  });

  beforeEach(() => {
    const deps = { commands: namespace.commands, log: silentLogger, clock: systemClock };
    nftables = createRunner(createNftablesDataplane, deps);
    userspace = createRunner((own) => (recorder = new RecordingDataplane(own)), deps);
    clock = new FakeClock();
    router = new ModeRouter({
      runners: new Map([nftables, userspace].map((runner) => [runner.mode, runner])),
      clock,
      log: silentLogger,
    });
    services = new Map();
  });

  afterEach(async () => {
    await userspace.cleanup();
    await nftables.cleanup();
  });

  /** Gives Services to modes; all others stay as they are. */
  async function place(places: Readonly<Partial<Record<Name, ProxyMode>>>) {
    const changed = Object.entries(places).map(([name, mode]) => {
      const address = Object.entries(clusterIPs).find(([known]) => known === name)?.[1] ?? "";
      const service = makeDesiredService(`shop/${name}`, [{ frontends: [makeFrontend(`${address}:80`)] }]);
      services.set(service.name, { ...service, mode });
      return service.name;
    });
    return await sync(changed);
  }

  async function sync(changed: readonly ServiceName[]) {
    const desired = { node: makeDesiredNode(), services };
    const scope = { kind: "partial", services: new Set(changed) } as const;
    return await router.sync({ main: "nftables", missing: new Map(), desired, scope });
  }

  /** What answers, or why nothing does. */
  async function ask(address: string, port = 80): Promise<string> {
    const target = `TCP:${address}:${port},bind=${client},connect-timeout=1`;
    const { stdout, stderr } = await namespace.commands.run("socat", ["-u", target, "STDOUT"]);
    if (stdout !== "") return stdout;
    return /Connection (refused|timed out)|reset/.exec(stderr)?.[0] ?? stderr;
  }

  /** Whether conntrack has a translated connection to the Service. */
  async function isTranslated(name: Name): Promise<boolean> {
    const args = ["--dump", "--dst-nat", "--orig-dst", clusterIPs[name]];
    const { stdout } = await namespace.commands.run("conntrack", args);
    return stdout !== "";
  }

  const answers = () => Promise.all(names.map((name) => ask(clusterIPs[name])));

  it("each answers for its Services", async () => {
    await place({ web: "nftables", api: "userspace", db: "nftables" });
    assert.deepEqual(await answers(), [pod, recording, pod]);
    assert.deepEqual(recorder.record, ["+shop/api"]);
  });

  it("a ClusterIP of the other mode passes nftables untouched, with every port; an unallocated one is dropped", async () => {
    await place({ web: "nftables", api: "userspace" });
    assert.equal(
      await ask(clusterIPs.web, 81),
      "Connection refused",
      "an undefined port is refused by nftables",
    );
    assert.equal(await ask(clusterIPs.api, 81), "Connection refused", "nothing listens there");
    const other = `TCP-LISTEN:81,bind=${clusterIPs.api},reuseaddr,fork`;
    const ignore = { onStdout: () => {}, onStderr: () => {} };
    const listener = namespace.commands.start("socat", ["-U", other, "EXEC:echo other"], ignore);
    await systemClock.sleep(200);
    assert.equal(await ask(clusterIPs.api, 81), "other\n");
    assert.equal(
      await ask(clusterIPs.db),
      "Connection timed out",
      "the node has the address, no Service does",
    );
    await listener.stop();
  });

  it("conntrack knows of no translation for a connection that the other mode has", async () => {
    await place({ web: "nftables", api: "userspace" });
    await answers();
    assert.deepEqual([await isTranslated("web"), await isTranslated("api")], [true, false]);
  });

  it("a Service is always in one of them, while it moves again and again under load, also when a move fails", async () => {
    await place({ web: "nftables", api: "userspace", db: "nftables" });
    const load = askUntil();
    const moves = fc.sample(
      fc.record({
        name: fc.constantFrom(...names),
        mode: fc.constantFrom<ProxyMode>("nftables", "userspace"),
        fails: fc.boolean(),
      }),
      { numRuns: 14, seed: 7 },
    );
    for (const { name, mode, fails } of moves) {
      if (fails) recorder.failures.push(new Error("no sockets left"));
      const { failing } = await place({ [name]: mode });
      assert.equal(failing.length > 0, fails);
      await clock.advance(60_000);
      await sync([]);
      assert.equal(await ask(clusterIPs[name]), mode === "nftables" ? pod : recording);
    }
    const { count, failures } = await load.stop();
    assert.ok(count > 20, `only ${count} requests`);
    assert.deepEqual(failures, []);
    assert.ok(recorder.record.length > 5, recorder.record.join(" "));
  });

  it("cleanup of one leaves the other", async () => {
    await place({ web: "nftables", api: "userspace" });
    await userspace.cleanup();
    assert.equal(await ask(clusterIPs.web), pod);
    assert.deepEqual(recorder.record, ["+shop/api", "-shop/api"]);
    await sync([...services.keys()]);
    await nftables.cleanup();
    assert.equal(await ask(clusterIPs.api), recording);
    assert.doesNotMatch(namespace.nft("list", "tables"), /kubesteer/);
  });

  it("the other mode is cleaned up when its last Service leaves", async () => {
    await place({ web: "nftables", api: "userspace" });
    const { modes } = await place({ api: "nftables" });
    assert.deepEqual(
      modes.map(({ mode, services: count }) => [mode, count]),
      [["nftables", 2]],
    );
    assert.deepEqual([await ask(clusterIPs.api), await userspace.dataplane.hasState()], [pod, false]);
  });

  /** Asks all Services in turn until it is stopped. */
  function askUntil() {
    const failures: string[] = [];
    let count = 0;
    const stop = new AbortController();
    const running = (async () => {
      while (!stop.signal.aborted) {
        for (const [index, answer] of (await answers()).entries()) {
          count += 1;
          if (answer !== pod && answer !== recording) failures.push(`${names[index] ?? ""}: ${answer}`);
        }
      }
    })();
    return {
      async stop() {
        stop.abort();
        await running;
        return { count, failures };
      },
    };
  }
});
