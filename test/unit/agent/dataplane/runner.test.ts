import assert from "node:assert/strict";
import { OutOfStepError } from "../../../../agent/dataplane/dataplane.ts";
import type { DataplaneRunner } from "../../../../agent/dataplane/runner.ts";
import { CommandError } from "../../../../agent/kernel/command/command.ts";
import type { DesiredService } from "../../../../agent/services/desired-state.ts";
import { settle } from "../../../support/fake-clock.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import {
  makeDesiredService,
  makeDesiredNode,
  makeDesiredState,
} from "../../../support/make-desired-state.ts";
import { makeServiceName } from "../../../support/make-sync-outcome.ts";

const service = (name: string, ports = 1): DesiredService =>
  makeDesiredService(
    name,
    Array.from({ length: ports }, () => ({})),
  );
const [a, b, c] = [service("ns/a"), service("ns/b"), service("ns/c")];
const full = { kind: "full" } as const;
const partial = (...services: readonly DesiredService[]) =>
  ({ kind: "partial", services: new Set(services.map(({ name }) => name)) }) as const;

describe("runner of a mode", () => {
  let dataplane: FakeDataplane;
  let runner: DataplaneRunner;

  beforeEach(() => {
    dataplane = new FakeDataplane();
    const created = makeRunners(dataplane).get("nftables");
    assert.ok(created);
    runner = created;
  });

  const kinds = (): readonly string[] => dataplane.syncs.map(({ kind }) => kind);
  const held = (): readonly string[] => [...dataplane.held.keys()].toSorted();

  it("refills first, and updates only what changed from then on", async () => {
    await runner.sync(makeDesiredState([a]), partial(a));
    await runner.sync(makeDesiredState([a, b]), partial(b));
    assert.deepEqual(dataplane.syncs, [full, partial(b)]);
    assert.deepEqual(held(), ["ns/a", "ns/b"]);
  });

  it("refills with the Services that everything depends on first, then by name", async () => {
    const services = [c, a, service("kube-system/kube-dns"), b, service("default/kubernetes")];
    await runner.sync(makeDesiredState(services), full);
    assert.deepEqual(
      [...dataplane.held.keys()],
      ["default/kubernetes", "kube-system/kube-dns", "ns/a", "ns/b", "ns/c"],
    );
  });

  for (const error of [new OutOfStepError("the table is gone"), new CommandError("nft", "nft was killed")]) {
    it(`refills in the same sync after ${error.name}`, async () => {
      await runner.sync(makeDesiredState([a]), full);
      dataplane.failures.push(error);
      const report = await runner.sync(makeDesiredState([a, b]), partial(b));
      assert.deepEqual(kinds(), ["full", "partial", "full"]);
      assert.equal(report.scope, "full");
      assert.deepEqual(held(), ["ns/a", "ns/b"]);
    });
  }

  it("rejects when nothing could be programmed, knows what it had, and refills next", async () => {
    await runner.sync(makeDesiredState([a]), full);
    dataplane.failures.push(new Error("no memory"));
    await assert.rejects(runner.sync(makeDesiredState([a, b]), partial(b)), /no memory/);
    assert.deepEqual([runner.has(a.name), runner.has(b.name)], [true, false]);
    await runner.sync(makeDesiredState([a, b]), partial());
    assert.deepEqual(kinds(), ["full", "partial", "full"]);
    assert.deepEqual([runner.has(a.name), runner.has(b.name), runner.size], [true, true, 2]);
  });

  it("refills next when the kernel state was changed by another process", async () => {
    await runner.sync(makeDesiredState([a]), full);
    runner.expectDamage();
    await runner.sync(makeDesiredState([a]), partial());
    assert.deepEqual(kinds(), ["full", "full"]);
  });

  it("reports a refused Service until it changes, and does not count it", async () => {
    dataplane.refused.set(b.name, "Invalid argument");
    const first = await runner.sync(makeDesiredState([a, b]), full);
    assert.deepEqual(first.rejected, [{ service: "ns/b", reason: "Invalid argument" }]);
    assert.deepEqual([first.services, first.servicePorts, runner.has(b.name)], [1, 1, false]);
    const other = await runner.sync(makeDesiredState([a, b, c]), partial(c));
    assert.equal(other.rejected.length, 1);
    dataplane.refused.clear();
    const repaired = await runner.sync(makeDesiredState([a, b, c]), partial(b));
    assert.deepEqual([repaired.rejected, repaired.services], [[], 3]);
  });

  for (const scope of [full, partial(a, b)]) {
    it(`leaves out a Service that makes a ${scope.kind} sync throw, and programs all others`, async () => {
      await runner.sync(makeDesiredState([b]), full);
      dataplane.faulty.set(b.name, "not a valid address");
      const report = await runner.sync(makeDesiredState([a, b]), scope);
      assert.deepEqual(report.rejected, [{ service: "ns/b", reason: "not a valid address" }]);
      assert.deepEqual(held(), ["ns/a"]);
      assert.equal(report.scope, scope.kind);
    });
  }

  it("looks for no culprit when a tool fails", async () => {
    dataplane.faulty.set(a.name, "not a valid address");
    dataplane.failures.push(new CommandError("nft", "nft is not installed"));
    await assert.rejects(runner.sync(makeDesiredState([a]), full), /not installed/);
    assert.deepEqual(kinds(), ["full"]);
  });

  it("says what Services ask for and the mode cannot do, as long as it has them", async () => {
    dataplane.abilities = { ...dataplane.abilities, algorithms: new Set(["Random"]) };
    const maglev = makeDesiredService("ns/m", [{ algorithm: "Maglev" }]);
    const report = await runner.sync(makeDesiredState([a, maglev]), full);
    assert.deepEqual(
      report.unsupported.map(({ service: name, feature }) => [name, feature]),
      [["ns/m", "scheduling.algorithm Maglev"]],
    );
    assert.equal((await runner.sync(makeDesiredState([a, maglev]), partial(a))).unsupported.length, 1);
    assert.deepEqual((await runner.sync(makeDesiredState([a]), partial(maglev))).unsupported, []);
  });

  it("counts what is programmed", async () => {
    const report = await runner.sync(makeDesiredState([a, service("ns/d", 3)]), full);
    assert.deepEqual([report.services, report.servicePorts, report.endpoints], [2, 4, 4]);
    const smaller = await runner.sync(makeDesiredState([a]), partial(service("ns/d")));
    assert.deepEqual([smaller.services, smaller.servicePorts, smaller.endpoints], [1, 1, 1]);
  });

  it("does one thing at a time", async () => {
    const release = dataplane.hold();
    const syncs = [a, b].map((each) => runner.sync(makeDesiredState([a, b]), partial(each)));
    const cleanup = runner.cleanup();
    await settle();
    assert.deepEqual(dataplane.calls, ["refill"]);
    release();
    await Promise.all([...syncs, cleanup]);
    assert.deepEqual(dataplane.calls, ["refill", "update", "cleanup"]);
    assert.equal(dataplane.mostAtOnce, 1);
  });

  it("has nothing after a cleanup, and refills then", async () => {
    await runner.sync(makeDesiredState([a]), full);
    await runner.cleanup();
    assert.deepEqual([runner.size, runner.isRunning], [0, false]);
    await runner.sync(makeDesiredState([a]), partial());
    assert.deepEqual(kinds(), ["full", "full"]);
  });

  it("gives a mode the Services of others too, and leaves those out that cannot be written", async () => {
    const elsewhere = [b, c];
    dataplane.faulty.set(makeServiceName("ns/a"), "not a valid address");
    await runner.sync(makeDesiredState([a], makeDesiredNode(), elsewhere), full);
    assert.deepEqual([held(), [...dataplane.passing]], [[], ["ns/b", "ns/c"]]);
  });
});
