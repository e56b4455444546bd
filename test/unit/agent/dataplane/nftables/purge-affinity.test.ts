import assert from "node:assert/strict";
import { purgeAffinity } from "../../../../../agent/dataplane/nftables/purge-affinity.ts";
import type { AffinityMemory } from "../../../../../agent/dataplane/nftables/ruleset.ts";
import type { CommandResult } from "../../../../../agent/kernel/command/command.ts";
import { createNftSession, type NftSession } from "../../../../../agent/kernel/nft/nft-session.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import { createNftNamespace, type NftNamespace } from "../../../../support/nft-namespace.ts";

const family = "ip6";

/** Of service ports with a map of their own and the one endpoint fd44::2. */
function memoriesOf(count: number): readonly AffinityMemory[] {
  return Array.from({ length: count }, (_, index) => ({
    map: `mem-${index}`,
    frontend: undefined,
    endpoints: new Set(["fd44::2"]),
    timeoutSeconds: 60,
  }));
}

function listed(name: string, endpoint: string, table = "kubesteer") {
  return { map: { family, table, name, elem: [[{ elem: { val: "fd00::1", expires: 9 } }, endpoint]] } };
}

const forgetting = (map: string): readonly string[] => [
  `add element ip6 kubesteer ${map} { fd00::1 timeout 5s : fd44::9 }`,
  `delete element ip6 kubesteer ${map} { fd00::1 }`,
];

/** Purges `count` maps: which listings it takes, and what is committed. A map listed alone has nothing to forget. */
async function purge(count: number, allMaps: Partial<CommandResult>, refusals = 0) {
  const committed: string[] = [];
  let refusalsLeft = refusals;
  const commands = new FakeCommandRunner({
    run: ({ args }) =>
      args.includes("maps")
        ? allMaps
        : { stdout: JSON.stringify({ nftables: [listed(args.at(-1) ?? "", "fd44::2")] }) },
  });
  const session: NftSession = {
    commit: ({ commands: lines }) => {
      if (refusalsLeft > 0) {
        refusalsLeft -= 1;
        return Promise.resolve({ kind: "refused", reason: "File exists" });
      }
      committed.push(...lines);
      return Promise.resolve({ kind: "committed" });
    },
    check: () => Promise.resolve({ kind: "committed" }),
    isLatest: () => Promise.resolve(true),
    hasIssued: () => true,
    close: () => Promise.resolve(),
  };
  await purgeAffinity({ family, commands, session, log: silentLogger }, memoriesOf(count), "forget");
  return { listings: commands.calls.map(({ args }) => args.join(" ")), committed };
}

describe("purgeAffinity", () => {
  const names = memoriesOf(1000).map(({ map }) => map);
  const allMaps = (...objects: readonly unknown[]) => ({
    stdout: JSON.stringify({
      nftables: [...objects, ...names.map((name) => ({ map: { table: "kubesteer", name } }))],
    }),
  });

  it("lists 1000 maps by one process", async () => {
    const { listings, committed } = await purge(1000, allMaps());
    assert.deepEqual(listings, ["-j list maps ip6"]);
    assert.deepEqual(committed, []);
  });

  it("lists 20 maps one by one, because all maps may hold far more", async () => {
    const { listings } = await purge(20, allMaps());
    assert.equal(listings.length, 20);
    assert.equal(listings[0], "-j list map ip6 kubesteer mem-0");
  });

  it("judges of all maps only those concerned, in our table", async () => {
    const nftables = [
      ...names.filter((name) => name !== "mem-7").map((name) => listed(name, "fd44::2")),
      listed("mem-7", "fd44::9"),
      listed("eps-tcp", "fd44::9"),
      listed("mem-8", "fd44::9", "other"),
    ];
    const { committed } = await purge(1000, { stdout: JSON.stringify({ nftables }) });
    assert.deepEqual(committed, forgetting("mem-7"));
  });

  it("lists a map by itself when it has changed since all were listed", async () => {
    const nftables = names.map((name) => listed(name, name === "mem-7" ? "fd44::9" : "fd44::2"));
    const { listings, committed } = await purge(1000, { stdout: JSON.stringify({ nftables }) }, 1);
    assert.deepEqual(listings, ["-j list maps ip6", "-j list map ip6 kubesteer mem-7"]);
    assert.deepEqual(committed, []);
  });

  it("lists the maps one by one when they cannot be listed together", async () => {
    const { listings } = await purge(30, { exitCode: 1 });
    assert.equal(listings.length, 31);
  });
});

describe("purgeAffinity with the real nft", () => {
  let namespace: NftNamespace;

  before(function () {
    namespace = createNftNamespace(this);
  });

  after(() => namespace.remove());

  for (const count of [2, 30]) {
    it(`forgets in ${count} maps what points to endpoints that are gone`, async () => {
      const memories = memoriesOf(count);
      const { commands } = namespace;
      const session = createNftSession({ commands, table: "kubesteer", log: silentLogger });
      const declaration = "{ typeof ip6 saddr : ip6 daddr; size 100; flags dynamic,timeout; timeout 60s; }";
      const result = await session.commit({
        family,
        commands: [
          "add table ip6 kubesteer",
          "add set ip6 kubesteer rev { typeof meta mark; }",
          ...memories.flatMap(({ map }) => [
            `add map ip6 kubesteer ${map} ${declaration}`,
            `add element ip6 kubesteer ${map} { fd00::1 : fd44::9, fd00::2 : fd44::2 }`,
          ]),
        ],
      });
      assert.deepEqual(result, { kind: "committed" });
      await purgeAffinity({ family, commands, session, log: silentLogger }, memories, "forget");
      await session.close();
      const left = namespace.nft("list", "table", "ip6", "kubesteer");
      assert.equal([...left.matchAll(/fd00::2 /g)].length, count);
      assert.doesNotMatch(left, /fd00::1 /);
      namespace.nft("delete", "table", "ip6", "kubesteer");
    });
  }
});
