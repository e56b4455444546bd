import assert from "node:assert/strict";
import { buildStatus, significantPart } from "../../../../agent/status/build-status.ts";
import type { RunningMode } from "../../../../agent/sync/routed-sync.ts";
import {
  makeRejected,
  makeRunningMode,
  makeSyncFailure,
  makeSyncSuccess,
} from "../../../support/make-sync-outcome.ts";
import { build, conditionOf, facts, makeProblem, newer, noDrift, now } from "./well-node.ts";

describe("build status", () => {
  it("says what runs", () => {
    const { conditions: _, ...status } = build({});
    assert.deepEqual(status, {
      agentVersion: "0.1.0",
      heartbeatAt: now,
      capabilities: { kernel: "6.1.0", nft: "1.0.6", missing: [] },
      observedRevision: "r1",
      runningMode: "nftables",
      runningModes: [{ mode: "nftables", services: 0, servicePorts: 4, endpoints: 9 }],
      services: { servicePorts: 4, endpoints: 9, unsupported: [], unsupportedTotal: 0 },
      lastSync: { at: "2026-01-01T00:00:00Z", durationMilliseconds: 12, kind: "Full", changes: 2 },
      programmingLatency: { p50Milliseconds: 2, p99Milliseconds: 9 },
      drift: { detectedTotal: 0 },
    });
  });

  it("observedRevision is the one in the kernel, not the newest", () => {
    assert.equal(build({ settings: newer }).observedRevision, "r1");
    assert.equal(build({ lastSuccess: undefined, applied: undefined }).observedRevision, undefined);
  });

  it("lists at most 20 cases, refused ones first, and counts all", () => {
    const status = build({
      lastSuccess: makeSyncSuccess({ report: { rejected: makeRejected("n/bad") } }),
      problems: Array.from({ length: 30 }, (_, index) => makeProblem(`n/${index}`)),
    });
    assert.equal(status.services?.unsupported?.length, 20);
    assert.equal(status.services?.unsupportedTotal, 31);
    assert.deepEqual(status.services?.unsupported?.[0], {
      service: "n/bad",
      feature: "service",
      reason: "refused by the kernel, not served: No such file",
    });
    assert.deepEqual(status.services?.unsupported?.[1], {
      service: "n/0",
      feature: "spec.externalIPs[0]",
      reason: 'not an IP; got "x"',
    });
  });

  it("a Service that its new mode refuses is reported with the mode that still serves it", () => {
    const [refused] = makeRejected("n/a");
    assert.ok(refused);
    const rejected = [{ ...refused, mode: "userspace", servedBy: "nftables" } as const];
    const status = build({ lastSuccess: makeSyncSuccess({ report: { rejected } }) });
    assert.equal(
      status.services?.unsupported?.[0]?.reason,
      "refused in mode userspace, served in mode nftables: No such file",
    );
  });

  it("texts fit the schema", () => {
    const status = build({
      tools: { kernel: "k".repeat(500), versions: { nft: "n".repeat(500) } },
      missing: new Map([["ebpf", Array.from({ length: 30 }, () => "x".repeat(1000))]]),
      lastSuccess: makeSyncSuccess({
        fallbackReason: "f".repeat(5000),
        report: {
          rejected: makeRejected("n/a").map((refused) => ({ ...refused, reason: "r".repeat(5000) })),
        },
      }),
    });
    assert.equal(status.capabilities?.kernel?.length, 128);
    assert.equal(status.capabilities?.nft?.length, 64);
    assert.equal(status.capabilities?.missing?.length, 20);
    assert.equal(status.capabilities?.missing?.[0]?.what.length, 512);
    assert.equal(status.fallbackReason?.length, 1024);
    assert.equal(status.services?.unsupported?.[0]?.reason.length, 512);
  });

  it("a condition keeps the time of its transition while its status stays", () => {
    const before = build({}).conditions ?? [];
    const later = buildStatus({ ...facts, failure: makeSyncFailure() }, before, "2026-01-01T00:09:00Z");
    assert.equal(conditionOf(later, "Ready").lastTransitionTime, "2026-01-01T00:09:00Z");
    assert.equal(conditionOf(later, "Applied").lastTransitionTime, now);
  });

  describe("what is worth a write of its own", () => {
    const base = significantPart(build({}));

    it("is another revision and another problem, not another sync", () => {
      const again = {
        report: { servicePorts: 5, endpoints: 1, changes: 7 },
        scope: "partial",
        at: 1,
      } as const;
      assert.deepEqual(significantPart(build({ lastSuccess: makeSyncSuccess(again) })), base);
      assert.notDeepEqual(
        significantPart(build({ lastSuccess: makeSyncSuccess({ settings: newer }) })),
        base,
      );
      assert.notDeepEqual(significantPart(build({ problems: [makeProblem("n/a")] })), base);
    });

    it("is drift, at most every ten seconds", () => {
      assert.notDeepEqual(partWithDrift(1, "2026-01-01T00:00:31Z"), base);
      assert.deepEqual(partWithDrift(9, "2026-01-01T00:00:39Z"), partWithDrift(1, "2026-01-01T00:00:31Z"));
    });

    it("is another mode, not how much it serves", () => {
      assert.deepEqual(partWithModes(makeRunningMode({ services: 7 })), base);
      assert.notDeepEqual(partWithModes(makeRunningMode(), makeRunningMode({ mode: "userspace" })), base);
    });
  });
});

function partWithDrift(detectedTotal: number, lastAt: string): object {
  const status = { detectedTotal, lastAt, lastCulprit: "nft (process 7)" };
  return significantPart(build({ drift: { ...noDrift, status } }));
}

function partWithModes(...modes: readonly RunningMode[]): object {
  return significantPart(build({ lastSuccess: makeSyncSuccess({ modes }) }));
}
