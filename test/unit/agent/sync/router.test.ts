import assert from "node:assert/strict";
import type { MissingRequirements } from "../../../../agent/sync/choose-mode.ts";
import { ModeRouter } from "../../../../agent/sync/router.ts";
import type { SyncScope } from "../../../../agent/dataplane/mode-report.ts";
import type { DesiredService, ServiceName } from "../../../../agent/services/desired-state.ts";
import type { ProxyMode } from "../../../../crds/api.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import { makeDesiredNode, makeDesiredService } from "../../../support/make-desired-state.ts";

const full = { kind: "full" } as const;

describe("router of modes", () => {
  let clock: FakeClock;
  let nftables: FakeDataplane;
  let ipvs: FakeDataplane;
  let router: ModeRouter;
  let services: Map<ServiceName, DesiredService>;
  let missing: Map<ProxyMode, readonly string[]>;
  /** The calls of both modes, in order. */
  let calls: string[];

  beforeEach(() => {
    clock = new FakeClock();
    calls = [];
    nftables = new FakeDataplane("nftables");
    ipvs = new FakeDataplane("ipvs");
    router = new ModeRouter({
      runners: makeRunners(nftables, ipvs),
      clock,
      log: silentLogger,
      random: () => 1,
    });
    services = new Map();
    missing = new Map();
  });

  /** Services that differ from before, as `name` or `name mode`; `-name` is gone. Syncs only them. */
  async function change(...changes: readonly string[]) {
    const names = changes.map(apply);
    return await sync({ kind: "partial", services: new Set(names) });
  }

  function apply(text: string): ServiceName {
    const [name = "", mode] = text.replace("-", "").split(" ");
    const service = makeDesiredService(`ns/${name}`);
    if (text.startsWith("-")) services.delete(service.name);
    else services.set(service.name, { ...service, mode: modeNamed(mode) });
    return service.name;
  }

  async function sync(scope: SyncScope = full, main: ProxyMode = "nftables", what?: MissingRequirements) {
    calls = [];
    for (const each of [nftables, ipvs]) {
      each.onChange = () =>
        calls.push(`${each.mode}: ${[...each.held.keys()].join(" ").replaceAll("ns/", "")}`);
    }
    const desired = { node: makeDesiredNode(), services };
    return await router.sync({ main, missing: what ?? missing, desired, scope });
  }

  const held = (dataplane: FakeDataplane): string => [...dataplane.held.keys()].toSorted().join(" ");
  const passing = (dataplane: FakeDataplane): string => [...dataplane.passing].toSorted().join(" ");

  it("gives the only mode the desired Services themselves, without a copy", async () => {
    let seen: unknown;
    const update = nftables.update.bind(nftables);
    nftables.update = (share, changed) => {
      seen = share.services;
      return update(share, changed);
    };
    await change("a");
    await change("b");
    assert.equal(seen, services);
    assert.equal(router.servicesOf("nftables"), services);
  });

  it("gives Services to the mode of their rule, and tells each mode what the other serves", async () => {
    const { modes, report, scope } = await change("a", "b ipvs", "c");
    assert.deepEqual([held(nftables), held(ipvs)], ["ns/a ns/c", "ns/b"]);
    assert.deepEqual([passing(nftables), passing(ipvs)], ["ns/b", "ns/a ns/c"]);
    assert.deepEqual(
      modes.map(({ mode, services: count }) => [mode, count]),
      [
        ["nftables", 2],
        ["ipvs", 1],
      ],
    );
    assert.deepEqual([report.servicePorts, report.endpoints, scope], [3, 3, "full"]);
    assert.deepEqual([router.of(apply("a"))?.mode, router.of(apply("b ipvs"))?.mode], ["nftables", "ipvs"]);
    assert.deepEqual([...router.servicesOf("ipvs").keys()], ["ns/b"]);
  });

  it("tells a mode only about what changes", async () => {
    await change("a", "b ipvs");
    const { refilled, scope } = await change("b ipvs", "c");
    assert.deepEqual([refilled.size, scope], [0, "partial"]);
    assert.deepEqual(nftables.syncs.at(-1), { kind: "partial", services: new Set(["ns/b", "ns/c"]) });
  });

  it("moves a Service into its new mode before it takes it out of the old one, both ways", async () => {
    await change("a", "b");
    const there = await change("a ipvs");
    assert.deepEqual([held(nftables), held(ipvs)], ["ns/b", "ns/a"]);
    assert.deepEqual(calls.slice(-2), ["ipvs: a", "nftables: b"]);
    assert.deepEqual([...there.moved], ["ns/a"]);
    const back = await change("a");
    assert.ok(calls.indexOf("nftables: b a") < calls.indexOf("ipvs: "));
    assert.deepEqual([...back.moved], ["ns/a"]);
  });

  it("moves all to another main mode, and cleans up the old one then", async () => {
    await change("a", "b");
    const { scope, modes } = await sync({ kind: "partial", services: new Set() }, "ipvs");
    assert.deepEqual([held(ipvs), nftables.calls.at(-1), scope], ["ns/a ns/b", "cleanup", "full"]);
    assert.deepEqual(
      modes.map(({ mode }) => mode),
      ["ipvs"],
    );
  });

  it("keeps the old main mode where a rule asks for it", async () => {
    await change("a nftables", "b");
    await sync(full, "ipvs");
    assert.deepEqual([held(nftables), held(ipvs)], ["ns/a", "ns/b"]);
    assert.ok(!nftables.calls.includes("cleanup"));
  });

  it("cleans up a mode whose last Service leaves or is deleted", async () => {
    await change("a", "b ipvs");
    await change("-b");
    assert.equal(ipvs.calls.at(-1), "cleanup");
    await change("b ipvs");
    assert.equal(held(ipvs), "ns/b");
    await change("b");
    assert.deepEqual([held(nftables), ipvs.calls.at(-1)], ["ns/a ns/b", "cleanup"]);
    assert.deepEqual(
      router.running().map(({ mode }) => mode),
      ["nftables"],
    );
  });

  describe("leftovers of an earlier process", () => {
    it("are removed once, after the main mode has its Services", async () => {
      ipvs.hasOldRules = true;
      await change("a");
      await change("b");
      assert.deepEqual(ipvs.calls, ["cleanup"]);
    });

    it("are not looked for in vain again and again", async () => {
      let looks = 0;
      ipvs.hasState = () => {
        looks += 1;
        return Promise.resolve(false);
      };
      await change("a");
      await change("b");
      assert.deepEqual([looks, ipvs.calls], [1, []]);
    });
  });

  describe("a mode that the node cannot run", () => {
    it("leaves its Services to the main mode, which is told with the reason", async () => {
      missing.set("ipvs", ["the kernel module ip_vs"]);
      const { report } = await change("a", "b ipvs", "c userspace");
      assert.equal(held(nftables), "ns/a ns/b ns/c");
      assert.deepEqual(report.unsupported, [
        {
          service: "ns/b",
          feature: "mode ipvs",
          reason: "mode ipvs cannot run: the kernel module ip_vs; served in mode nftables",
        },
        {
          service: "ns/c",
          feature: "mode userspace",
          reason:
            "mode userspace cannot run: this version of the agent has only nftables, ipvs; served in mode nftables",
        },
      ]);
      assert.equal(router.hasUnmet, true);
    });

    it("gets them at a full sync after it has become able to", async () => {
      missing.set("ipvs", ["the kernel module ip_vs"]);
      await change("a ipvs");
      const { report } = await sync(full, "nftables", new Map());
      assert.deepEqual([held(ipvs), report.unsupported, router.hasUnmet], ["ns/a", [], false]);
    });

    it("keeps those it has: a passing trouble moves nothing", async () => {
      await change("a ipvs");
      missing.set("ipvs", ["the kernel module ip_vs"]);
      await sync();
      assert.equal(held(ipvs), "ns/a");
    });
  });

  describe("a mode that fails", () => {
    const fail = (dataplane: FakeDataplane, times = 1) => {
      for (let count = 0; count < times; count += 1) dataplane.failures.push(new Error("no memory"));
    };

    it("leaves a Service that moves where it is, followed there, and is told", async () => {
      await change("a", "b");
      fail(ipvs);
      const { report, failing } = await change("a ipvs");
      assert.deepEqual([held(nftables), held(ipvs)], ["ns/a ns/b", ""]);
      assert.deepEqual(failing, [{ mode: "ipvs", message: "no memory", failures: 1, isNew: true }]);
      assert.equal(report.unsupported[0]?.reason, "mode ipvs fails: no memory; served in mode nftables");
      await change("a ipvs");
      assert.equal(ipvs.syncs.length, 1, "not before its time");
      assert.deepEqual(nftables.syncs.at(-1), { kind: "partial", services: new Set(["ns/a"]) });
    });

    it("is tried again by itself, ever later, and gets its Services then", async () => {
      await change("a");
      fail(ipvs, 2);
      await change("a ipvs");
      assert.equal(router.nextRetryMs, clock.monotonicMs() + 1_000);
      await clock.advance(1_000);
      const second = await change();
      assert.deepEqual([second.failing[0]?.failures, router.nextRetryMs], [2, clock.monotonicMs() + 2_000]);
      await clock.advance(2_000);
      const { failing, moved } = await change();
      assert.deepEqual([held(nftables), held(ipvs), [...moved]], ["", "ns/a", ["ns/a"]]);
      assert.deepEqual([failing, router.nextRetryMs], [[], undefined]);
    });

    it("leaves a new Service to the main mode", async () => {
      fail(ipvs);
      await change("a ipvs");
      assert.deepEqual([held(nftables), passing(nftables)], ["ns/a", ""]);
    });

    it("keeps what it has, and the others go on", async () => {
      await change("a ipvs", "b");
      fail(ipvs);
      const { failing } = await sync();
      assert.deepEqual([failing.length, held(ipvs), passing(nftables)], [1, "ns/a", "ns/a"]);
      await change("c");
      assert.equal(held(nftables), "ns/b ns/c");
    });

    it("is forgotten when no Service belongs to it any more", async () => {
      fail(ipvs);
      await change("a ipvs");
      const { failing } = await change("a");
      assert.deepEqual([failing, router.nextRetryMs], [[], undefined]);
    });

    it("fails the sync when it is the main one, and nothing leaves another mode", async () => {
      await change("a ipvs", "b");
      fail(nftables);
      await assert.rejects(change("a"), /no memory/);
      assert.equal(held(ipvs), "ns/a");
      await sync();
      assert.equal(held(nftables), "ns/a ns/b");
    });
  });

  it("leaves a Service where it is when its new mode refuses it, and says so", async () => {
    await change("a", "b ipvs");
    ipvs.refused.set(apply("a"), "Invalid argument");
    const { report } = await change("a ipvs");
    assert.equal(held(nftables), "ns/a");
    assert.deepEqual(report.rejected, [
      { mode: "ipvs", service: "ns/a", reason: "Invalid argument", servedBy: "nftables" },
    ]);
  });

  it("keeps a mode that has the last copy of what another one refuses", async () => {
    await change("a ipvs");
    nftables.refused.set(apply("a ipvs"), "Invalid argument");
    await change("a");
    assert.deepEqual([held(ipvs), held(nftables)], ["ns/a", ""]);
    nftables.refused.clear();
    await change("a");
    assert.deepEqual([held(ipvs), held(nftables), ipvs.calls.at(-1)], ["", "ns/a", "cleanup"]);
  });

  it("refills one damaged mode and leaves the others alone", async () => {
    await change("a ipvs", "b");
    router.expectDamage("ipvs");
    const { refilled, scope } = await change();
    assert.deepEqual([[...refilled], scope], [["ipvs"], "partial"]);
  });
});

function modeNamed(text: string | undefined): ProxyMode | undefined {
  switch (text) {
    case "nftables":
    case "ipvs":
    case "userspace":
      return text;
    default:
      return undefined;
  }
}
