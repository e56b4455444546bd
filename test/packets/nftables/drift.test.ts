import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createNftablesDataplane } from "../../../agent/dataplane/nftables/index.ts";
import { createRunner, type DataplaneRunner } from "../../../agent/dataplane/runner.ts";
import { type DriftEvent, DriftGuard } from "../../../agent/drift/drift-guard.ts";
import type { DriftPolicy } from "../../../agent/drift/judge-drift.ts";
import type { RunningCommand } from "../../../agent/kernel/command/command.ts";
import { systemClock } from "../../../platform/async/clock.ts";
import { silentLogger } from "../../../platform/log.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import { makeDesiredService, makeDesiredState } from "../../support/make-desired-state.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { createNftNamespace, type NftNamespace } from "../../support/nft-namespace.ts";
import { skipBecause } from "../../support/skip.ts";
import { modeToTest } from "../options.ts";

const endpoint = "10.244.1.2";
const frontend = "10.96.0.1";
const web = `svc { ${frontend} . tcp . 80`;
const full = { kind: "full" } as const;

/** An external change to the table, as one nft command, and how it is reported. */
const foreignChanges: readonly (readonly [name: string, command: string, report: RegExp])[] = [
  ["empties the table", "flush table ip kubesteer", /deleted .*rule/],
  ["deletes the table", "delete table ip kubesteer", /deleted table ip kubesteer/],
  ["deletes everything", "flush ruleset", /deleted table ip kubesteer, deleted table ip6 kubesteer/],
  ["deletes an element", `delete element ip kubesteer ${web} }`, /deleted an element of svc in table ip kub/],
  ["empties a map", "flush map ip kubesteer eps-tcp", /deleted an element of eps-tcp/],
  [
    "adds an element",
    "add element ip kubesteer svc { 10.96.0.9 . tcp . 80 : drop }",
    /added an element of svc in table ip kubesteer/,
  ],
  ["adds a rule", "insert rule ip kubesteer services drop", /added a rule of chain services in table ip kub/],
  ["adds a chain", "add chain ip kubesteer theirs", /added chain theirs in table ip kubesteer/],
  ["deletes the other family", "delete table ip6 kubesteer", /deleted table ip6 kubesteer/],
];

describe("drift of the nftables mode", function () {
  this.timeout(60_000);

  let namespace: NftNamespace;
  let server: RunningCommand;
  let runner: DataplaneRunner;
  let guard: DriftGuard;
  let events: DriftEvent[];
  let policy: DriftPolicy;
  let syncs: number;
  /** An external change just before the agent runs a command. */
  let beforeCommand: ((command: string) => Promise<void>) | undefined;
  let stop: AbortController;
  let running: Promise<void>;
  const desired = makeDesiredState([makeDesiredService("default/web")]);

  before(async function () {
    if (modeToTest() !== "nftables") skipBecause(this, "it is about nftables");
    namespace = createNftNamespace(this);
    for (const args of [
      ["link", "set", "lo", "up"],
      ["address", "add", `${endpoint}/32`, "dev", "lo"],
      ["route", "add", "10.96.0.0/16", "dev", "lo"],
    ]) {
      await namespace.commands.run("ip", args);
    }
    const listen = `TCP-LISTEN:8080,bind=${endpoint},fork,reuseaddr`;
    server = namespace.commands.start("socat", ["-U", listen, "EXEC:echo web"], {
      onStdout: () => {},
      onStderr: () => {},
    });
  });

  after(async () => {
    await server.stop();
    namespace.remove();
  });

  beforeEach(async () => {
    events = [];
    policy = "Repair";
    syncs = 0;
    beforeCommand = undefined;
    stop = new AbortController();
    const log = createRecordingLogger();
    runner = createRunner(createNftablesDataplane, {
      commands: {
        ...namespace.commands,
        async run(...call) {
          const [command, args] = call;
          await beforeCommand?.([command, ...args].join(" "));
          return await namespace.commands.run(...call);
        },
      },
      log,
      clock: systemClock,
    });
    guard = new DriftGuard({
      mode: "nftables",
      policy: () => policy,
      requestRepair: () => {
        syncs += 1;
        void syncUntilDone();
      },
      onEvent: (event) => events.push(event),
      onFactsChange: () => {},
      metrics: { countChange: () => {}, countRepair: () => {} },
      clock: systemClock,
      log: silentLogger,
    });
    running = guard.run(stop.signal);
    runner.dataplane.watchDrift?.(guard);
    await runner.sync(desired, full);
    await waitUntil("the watch", () =>
      log.lines.some(({ message }) => message === "watching for foreign changes"),
    );
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await runner.cleanup();
  });

  /** As the sync loop does: a flush in the middle of a full sync makes it fail. */
  async function syncUntilDone(): Promise<void> {
    await waitUntil("a full sync", async () => {
      await runner.sync(desired, full);
      return true;
    });
  }

  async function isServed(): Promise<boolean> {
    const target = `TCP:${frontend}:80,connect-timeout=1`;
    const { stdout } = await namespace.commands.run("socat", ["-u", target, "STDOUT"]);
    return stdout === "web\n";
  }

  /** What the table has that counts, as text. */
  function listing(): string {
    return ["ip", "ip6"]
      .map((family) => namespace.nft("-s", "list", "table", family, "kubesteer"))
      .join("\n")
      .replace(/set rev \{[^}]*\}[^}]*\}/g, "");
  }

  for (const [name, command, report] of foreignChanges) {
    it(`is repaired when another process ${name}, and reported with the culprit`, async () => {
      assert.ok(await isServed());
      const before = listing();
      await namespace.commands.run("nft", ["-f", "-"], { input: `${command}\n` });
      await waitUntil("the repair", () => events.length > 0, { intervalMs: 10 });
      assert.ok(await isServed());
      // Chains that are not needed any more stay for two seconds.
      await waitUntil("the table as before", () => listing() === before);
      assert.equal(events[0]?.reason, "DriftRepaired");
      assert.match(events[0].message, report);
      assert.match(events[0].message, /^nft \(process \d+[:)]/);
      const { status, condition } = guard.facts();
      assert.equal(status.detectedTotal, 1);
      assert.match(status.lastCulprit ?? "", /^nft \(process \d+/);
      assert.equal(condition.status, "False");
    });
  }

  it("is repaired when another process deletes an element during a full sync, after its family was refilled", async () => {
    beforeCommand = async (command) => {
      if (command !== "nft -j -t list chains ip6") return;
      beforeCommand = undefined;
      await namespace.commands.run("nft", ["delete", "element", "ip", "kubesteer", `${web} }`]);
    };
    await runner.sync(desired, full);
    assert.equal(beforeCommand, undefined);
    await waitUntil("the repair", () => events.length > 0);
    assert.match(events[0]?.message ?? "", /deleted an element of svc in table ip kubesteer/);
    assert.ok(await isServed());
    assert.equal(guard.facts().status.detectedTotal, 1);
  });

  it("is not seen in tables of others, nor in what the agent does itself", async () => {
    namespace.nft("add", "table", "ip", "theirs");
    namespace.nft("add", "set", "ip", "theirs", "rev", "{ type mark; }");
    namespace.nft("add", "element", "ip", "theirs", "rev", "{ 7 }");
    namespace.nft("add", "table", "inet", "kubesteer");
    const other = makeDesiredState([
      makeDesiredService("default/web"),
      makeDesiredService("default/new", []),
    ]);
    await runner.sync(other, { kind: "partial", services: new Set(other.services.keys()) });
    await runner.sync(desired, { kind: "partial", services: new Set(other.services.keys()) });
    namespace.nft("add", "chain", "ip", "kubesteer", "marker");
    await waitUntil("the repair", () => events.length > 0);
    assert.equal(guard.facts().status.detectedTotal, 1);
    assert.match(events[0]?.message ?? "", /added chain marker/);
    namespace.nft("flush", "ruleset");
  });

  it("names the command and who started it while they live", async () => {
    const script = 'sleep 0.1; printf "flush ruleset\\n"; sleep 2';
    await namespace.commands.run("sh", ["-c", `(${script}) | nft -i`]);
    await waitUntil("the repair", () => events.length > 0);
    assert.match(events[0]?.message ?? "", /^nft \(process \d+: nft -i; started by sh -c /);
  });

  it("is only reported with policy Report, and gone with the next full sync", async () => {
    policy = "Report";
    namespace.nft("delete", "element", "ip", "kubesteer", `${web} }`);
    await waitUntil("the report", () => events.length > 0);
    assert.equal(events[0]?.reason, "DriftDetected");
    assert.equal(guard.facts().condition.status, "True");
    assert.equal(guard.facts().condition.reason, "Reported");
    assert.equal(await isServed(), false);
    assert.equal(syncs, 0);
    await runner.sync(desired, full);
    assert.equal(guard.facts().condition.status, "False");
    assert.ok(await isServed());
  });

  it("is repaired less often than it happens if it does not stop, and shown as a fight", async () => {
    for (let round = 0; round < 10; round += 1) {
      namespace.nft("flush", "ruleset");
      await systemClock.sleep(400);
    }
    assert.ok(syncs <= 5, `${syncs} repairs of 10 changes`);
    await waitUntil("a fight", () => guard.facts().condition.reason === "RepeatedChanges");
    assert.match(guard.facts().condition.message, /repaired 3 times .*nft \(process \d+/);
    await waitUntil("the last repair", () => !guard.isDrifted);
    assert.ok(await isServed());
  });

  it("is noticed if it happened while the agent did not listen", async () => {
    const { stdout } = await namespace.commands.run("ip", ["netns", "pids", namespace.name]);
    const listeners = stdout
      .trim()
      .split("\n")
      .filter((pid) => commandLine(pid).includes("SOCKET-DATAGRAM"));
    assert.equal(listeners.length, 1);
    await namespace.commands.run("sh", ["-c", `kill ${listeners[0]}; nft flush ruleset`]);
    await waitUntil("the repair", () => events.length > 0);
    assert.match(events[0]?.message ?? "", /^An unknown process removed or changed table ip6? kubesteer/);
    assert.ok(await isServed());
  });
});

/** "" for a process that has ended. */
function commandLine(pid: string): string {
  const file = `/proc/${pid}/cmdline`;
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
