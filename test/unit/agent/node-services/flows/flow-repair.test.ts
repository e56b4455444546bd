import assert from "node:assert/strict";
import type { ConntrackMetrics } from "../../../../../agent/metrics/conntrack-metrics.ts";
import { createFlowTable } from "../../../../../agent/kernel/conntrack/flow-table.ts";
import { FlowRepair } from "../../../../../agent/node-services/flows/flow-repair.ts";
import { CommandError } from "../../../../../agent/kernel/command/command.ts";
import type { ServiceName } from "../../../../../agent/services/desired-state.ts";
import { parseServiceName } from "../../../../../agent/services/service-port-name.ts";
import type { UdpServicePort } from "../../../../../agent/services/catalog/udp-service-ports.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock, settle } from "../../../../support/fake-clock.ts";
import { type CommandCall, FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import { makeDesiredService, makeEndpoint } from "../../../../support/make-desired-state.ts";

const dns = parseServiceName("kube-system", "kube-dns");
const other = parseServiceName("default", "other");

function ports(frontend: string, ...endpoints: readonly string[]): readonly UdpServicePort[] {
  return [
    { frontends: [makeEndpoint(frontend)], endpoints: endpoints.map((endpoint) => makeEndpoint(endpoint)) },
  ];
}

function flowLine(destination: string, replySource: string): string {
  const to = makeEndpoint(destination);
  const from = makeEndpoint(replySource);
  return (
    `udp      17 29 src=10.0.0.9 dst=${to.address} sport=40000 dport=${to.port} ` +
    `src=${from.address} dst=10.0.0.9 sport=${from.port} dport=40000 mark=0 use=1\n`
  );
}

function attemptLine(destination: string, replySource = destination): string {
  return flowLine(destination, replySource).replace("udp      17 29", "tcp      6 118 SYN_SENT");
}

function deletion(family: string, destination: string, replySource: string): string {
  const to = makeEndpoint(destination);
  const from = makeEndpoint(replySource);
  return (
    `--delete --family ${family} --protonum udp --zone 0 --orig-dst ${to.address} --orig-port-dst ${to.port} ` +
    `--reply-src ${from.address} --reply-port-src ${from.port}`
  );
}

function attemptDeletion(family: string, destination: string): string {
  return deletion(family, destination, destination).replace("udp", "tcp --state SYN_SENT");
}

const dumpAttempts = (family: string): string =>
  `--dump --family ${family} --protonum tcp --state SYN_SENT --zone 0`;
const dump = (family: string): string => `--dump --family ${family} --protonum udp --zone 0`;

describe("FlowRepair", () => {
  let clock: FakeClock;
  let commands: FakeCommandRunner;
  let answer: (call: CommandCall) => object;
  let repair: FlowRepair;
  let recorded: (readonly [string, number])[];
  let problemChanges: number;
  let end: AbortController;
  let ended: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    answer = () => ({});
    commands = new FakeCommandRunner({ run: (call) => answer(call) });
    recorded = [];
    problemChanges = 0;
    const metrics: ConntrackMetrics = {
      record: (family, { deleted }) => recorded.push([family, deleted]),
    };
    repair = new FlowRepair({
      flows: createFlowTable(commands),
      metrics,
      onProblemChange: () => (problemChanges += 1),
      clock,
      log: silentLogger,
    });
    end = new AbortController();
    ended = repair.run(end.signal);
  });

  afterEach(async () => {
    end.abort();
    await ended;
  });

  /** What the tool was asked since the last call. */
  async function asked(): Promise<readonly string[]> {
    await settle();
    assert.ok(commands.calls.every(({ command }) => command === "conntrack"));
    return commands.calls.splice(0).map(({ args }) => args.join(" "));
  }

  function change(services: Readonly<Record<string, readonly UdpServicePort[]>>): void {
    const current = new Map(Object.entries(services)) as unknown as ReadonlyMap<
      ServiceName,
      readonly UdpServicePort[]
    >;
    repair.repairUdp([...current.keys()], current);
  }

  it("asks for nothing while no UDP Service has changed", async () => {
    repair.repairUdp([], new Map());
    assert.deepEqual(await asked(), []);
  });

  it("deletes what is stale, asking for the family of the Service only", async () => {
    answer = ({ args }) => {
      const line = flowLine("10.96.0.10:53", "10.0.0.1:53");
      return { stdout: args[0] === "--dump" ? line + flowLine("10.96.0.10:53", "10.0.0.2:53") : line + line };
    };
    change({ [dns]: ports("10.96.0.10:53", "10.0.0.2:53") });
    assert.deepEqual(await asked(), [dump("ipv4"), deletion("ipv4", "10.96.0.10:53", "10.0.0.1:53")]);
    assert.deepEqual(recorded, [["IPv4", 2]]);
  });

  it("accepts that another process was faster", async () => {
    answer = ({ args }) =>
      args[0] === "--dump"
        ? { stdout: flowLine("10.96.0.10:53", "10.0.0.1:53") }
        : { exitCode: 1, stderr: "conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n" };
    change({ [dns]: ports("10.96.0.10:53") });
    await settle();
    assert.equal(repair.problem, undefined);
    assert.deepEqual(recorded, [["IPv4", 0]]);
  });

  it("deletes the flows of a frontend that has gone with its Service", async () => {
    change({ [dns]: ports("[fd00:10:96::a]:53", "[fd00::1]:53") });
    assert.deepEqual(await asked(), [dump("ipv6")]);
    answer = () => ({ stdout: flowLine("[fd00:10:96::a]:53", "[fd00::1]:53") });
    repair.repairUdp([dns], new Map());
    assert.deepEqual(await asked(), [dump("ipv6"), deletion("ipv6", "[fd00:10:96::a]:53", "[fd00::1]:53")]);
    repair.repairUdp([dns], new Map());
    assert.deepEqual(await asked(), []);
  });

  for (const order of [
    [dns, other],
    [other, dns],
  ]) {
    it(`judges a frontend by the Service that has taken it over (${order.join(" before ")})`, async () => {
      change({ [dns]: ports("192.0.2.7:53", "10.0.0.1:53") });
      await asked();
      answer = ({ args }) =>
        args[0] === "--dump"
          ? { stdout: flowLine("192.0.2.7:53", "10.0.0.1:53") + flowLine("192.0.2.7:53", "10.0.0.2:53") }
          : {};
      repair.repairUdp(order, new Map([[other, ports("192.0.2.7:53", "10.0.0.2:53")]]));
      assert.deepEqual(await asked(), [dump("ipv4"), deletion("ipv4", "192.0.2.7:53", "10.0.0.1:53")]);
    });
  }

  it("reports once that the tool is missing and continues when it is installed", async () => {
    answer = () => {
      throw new CommandError("conntrack", "conntrack is not installed: apt-get install conntrack");
    };
    change({ [dns]: ports("10.96.0.10:53") });
    assert.deepEqual(await asked(), [dump("ipv4")]);
    assert.equal(repair.problem, "conntrack is not installed: apt-get install conntrack");
    await clock.advance(30_000);
    assert.deepEqual(await asked(), [dump("ipv4")]);
    assert.equal(problemChanges, 1);

    answer = ({ args }) => (args[0] === "--dump" ? { stdout: flowLine("10.96.0.10:53", "10.0.0.1:53") } : {});
    await clock.advance(30_000);
    assert.deepEqual(await asked(), [dump("ipv4"), deletion("ipv4", "10.96.0.10:53", "10.0.0.1:53")]);
    assert.equal(repair.problem, undefined);
    assert.equal(problemChanges, 2);
  });

  it("keeps a flow that found a new endpoint while the flows were being listed", async () => {
    const current = new Map([[dns, ports("10.96.0.10:53")]]);
    answer = ({ args }) => {
      if (args[0] !== "--dump") return {};
      current.set(dns, ports("10.96.0.10:53", "10.0.0.1:53"));
      return { stdout: flowLine("10.96.0.10:53", "10.0.0.1:53") };
    };
    repair.repairUdp([dns], current);
    assert.deepEqual(await asked(), [dump("ipv4")]);
  });

  it("judges by the newest state what it could not look at before", async () => {
    answer = () => ({ exitCode: 1, stderr: "conntrack v1.4.7 (conntrack-tools): Operation failed: busy\n" });
    change({ [dns]: ports("10.96.0.10:53", "10.0.0.1:53") });
    await asked();
    answer = ({ args }) => (args[0] === "--dump" ? { stdout: flowLine("10.96.0.10:53", "10.0.0.1:53") } : {});
    change({ [dns]: ports("10.96.0.10:53", "10.0.0.2:53") });
    assert.deepEqual(await asked(), [dump("ipv4"), deletion("ipv4", "10.96.0.10:53", "10.0.0.1:53")]);
  });

  it("deletes attempts to connect to a Service that were begun without rules", async () => {
    const web = makeDesiredService("default/web");
    answer = ({ args }) => ({
      stdout: args.includes("ipv4") ? attemptLine("10.96.0.1:80") + attemptLine("192.0.2.9:80") : "",
    });
    repair.releaseAttempts(() => [web]);
    assert.deepEqual(await asked(), [
      dumpAttempts("ipv4"),
      attemptDeletion("ipv4", "10.96.0.1:80"),
      dumpAttempts("ipv6"),
    ]);
    assert.equal(repair.problem, undefined);
    await clock.advance(3_600_000);
    assert.deepEqual(await asked(), []);
  });

  it("looks for such attempts again when it could not", async () => {
    const web = makeDesiredService("default/web");
    answer = () => ({ exitCode: 1, stderr: "conntrack v1.4.7 (conntrack-tools): Operation failed: busy\n" });
    repair.releaseAttempts(() => [web]);
    assert.deepEqual(await asked(), [dumpAttempts("ipv4")]);
    assert.match(repair.problem ?? "", /busy/);
    answer = () => ({});
    await clock.advance(30_000);
    assert.deepEqual(await asked(), [dumpAttempts("ipv4"), dumpAttempts("ipv6")]);
    assert.equal(repair.problem, undefined);
  });
});
