import assert from "node:assert/strict";
import { CommandError } from "../../../../../agent/kernel/command/command.ts";
import { createNftSession, type NftSession } from "../../../../../agent/kernel/nft/nft-session.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import { createNftNamespace, type NftNamespace } from "../../../../support/nft-namespace.ts";
import { NftModel } from "../../../../support/nft-model.ts";

const table = "kubesteer";
const create = [
  `add table ip ${table}`,
  `add set ip ${table} rev { typeof meta mark; }`,
  `add set ip ${table} ports { typeof tcp dport; }`,
  `add set ip ${table} addresses { typeof ip daddr; }`,
];
const addPort = (port: number): string => `add element ip ${table} ports { ${port} }`;

/** Enough addresses to be too long for one line. */
const manyAddresses = (): string => {
  const addresses = Array.from({ length: 40_000 }, (_, index) => `10.100.${index >> 8}.${index & 255}`);
  return `add element ip ${table} addresses { ${addresses.join(", ")} }`;
};

describe("nft session with the real nft", () => {
  let namespace: NftNamespace;
  let session: NftSession;

  beforeEach(async function () {
    namespace = createNftNamespace(this);
    session = createNftSession({ commands: namespace.commands, table, log: silentLogger });
    assert.deepEqual(await session.commit({ family: "ip", commands: create }), { kind: "committed" });
  });

  afterEach(async () => {
    await session.close();
    namespace.remove();
  });

  const ports = (): string => namespace.nft("list", "set", "ip", table, "ports");

  it("commits what is valid", async () => {
    assert.deepEqual(await session.commit({ family: "ip", commands: [addPort(80), addPort(443)] }), {
      kind: "committed",
    });
    assert.match(ports(), /80, 443/);
  });

  it("refuses a transaction as a whole and says why", async () => {
    const result = await session.commit({
      family: "ip",
      commands: [addPort(80), `delete element ip ${table} ports { 81 }`],
    });
    assert.equal(result.kind, "refused");
    assert.match(result.kind === "refused" ? result.reason : "", /No such file or directory/);
    assert.doesNotMatch(ports(), /80/);
  });

  it("distinguishes refused from committed also when transactions follow each other at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        session.commit({
          family: "ip",
          commands: [index % 3 === 0 ? `nonsense ${index}` : addPort(1000 + index)],
        }),
      ),
    );
    assert.deepEqual(
      results.map(({ kind }) => kind),
      results.map((_, index) => (index % 3 === 0 ? "refused" : "committed")),
    );
  });

  it("refuses when another process has removed the table", async () => {
    namespace.nft("flush", "ruleset");
    assert.equal((await session.commit({ family: "ip", commands: [] })).kind, "refused");
  });

  it("knows whether its last transaction is still the last one", async () => {
    assert.equal(await session.isLatest("ip"), true);
    await session.commit({ family: "ip", commands: ["nonsense"] });
    assert.equal(await session.isLatest("ip"), true);
    assert.equal(await session.isLatest("ip6"), false);
    namespace.nft("flush", "ruleset");
    assert.equal(await session.isLatest("ip"), false);
  });

  it("takes transactions that are too big for a line", async () => {
    assert.deepEqual(await session.commit({ family: "ip", commands: [manyAddresses()] }), {
      kind: "committed",
    });
    assert.match(namespace.nft("list", "set", "ip", table, "addresses"), /10\.100\.156\.63/);
    const again = await session.commit({
      family: "ip",
      commands: [manyAddresses(), `delete chain ip ${table} missing`],
    });
    assert.equal(again.kind, "refused");
  }).timeout(60_000);

  it("checks without applying", async () => {
    assert.equal((await session.check({ family: "ip", commands: [addPort(80)] })).kind, "committed");
    assert.equal((await session.check({ family: "ip", commands: ["nonsense"] })).kind, "refused");
    assert.doesNotMatch(ports(), /80/);
  });
});

function open(commands: FakeCommandRunner): NftSession {
  return createNftSession({ commands, table, log: silentLogger });
}

describe("nft session", () => {
  it("uses nft -f - from the third failure of nft -i on", async () => {
    const model = new NftModel();
    const { run } = model.commands;
    const commands = new FakeCommandRunner(run === undefined ? {} : { run });
    const session = open(commands);
    for (const lines of [create, [addPort(80)], [addPort(81)], [addPort(82)]]) {
      assert.deepEqual(await session.commit({ family: "ip", commands: lines }), { kind: "committed" });
    }
    assert.equal(commands.sessions.length, 3);
    assert.deepEqual([...model.elements("ip kubesteer", "ports").keys()], ["80", "81", "82"]);
  });

  it("does not repeat a transaction that took effect before nft died", async () => {
    const model = new NftModel();
    let dies = false;
    const commands = new FakeCommandRunner({
      reply: (line) => ({ ...model.commands.reply?.(line), ...(dies ? { stdout: "", end: true } : {}) }),
      run: ({ args }) =>
        args[0] === "list"
          ? { stdout: model.commands.reply?.(args.join(" ")).stdout ?? "" }
          : { exitCode: 1 },
    });
    const session = open(commands);
    await session.commit({ family: "ip", commands: create });
    dies = true;
    assert.deepEqual(await session.commit({ family: "ip", commands: [addPort(80)] }), { kind: "committed" });
    dies = false;
    assert.deepEqual(await session.commit({ family: "ip", commands: [addPort(81)] }), { kind: "committed" });
    assert.equal(commands.sessions.length, 2);
  });

  it("restarts nft after 20,000 lines", async () => {
    const model = new NftModel();
    const commands = new FakeCommandRunner(model.commands);
    const session = open(commands);
    await session.commit({ family: "ip", commands: create });
    for (let line = 1; line <= 20_000; line += 1) await session.commit({ family: "ip", commands: [] });
    assert.equal(commands.sessions.length, 2);
  }).timeout(60_000);

  it("rejects when nft cannot be run at all", async () => {
    const commands = new FakeCommandRunner({
      run: () => {
        throw new CommandError("nft", "nft is not installed: apt-get install nftables");
      },
    });
    await assert.rejects(open(commands).commit({ family: "ip", commands: [] }), CommandError);
  });
});
