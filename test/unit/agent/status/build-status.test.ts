import assert from "node:assert/strict";
import type { Condition, NodeProxyStatus } from "../../../../crds/api.ts";
import type { ServiceProblem } from "../../../../agent/services/service-problem.ts";
import type { AgentFacts } from "../../../../agent/status/agent-facts.ts";
import { buildStatus, significantPart } from "../../../../agent/status/build-status.ts";
import type { RunningMode } from "../../../../agent/sync/routed-sync.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";
import {
  makeModeFailure,
  makeRejected,
  makeRunningMode,
  makeServiceName,
  makeSyncFailure,
  makeSyncSuccess,
} from "../../../support/make-sync-outcome.ts";

const now = "2026-01-01T00:01:00Z";

const noDrift: NonNullable<AgentFacts["drift"]> = {
  status: { detectedTotal: 0 },
  condition: { status: "False", reason: "InStep", message: "Nothing has been changed." },
};

const reportedDrift: NonNullable<AgentFacts["drift"]> = {
  status: { detectedTotal: 1 },
  condition: {
    status: "True",
    reason: "Reported",
    message: "nft deleted table ip kubesteer. With drift.policy Report it stays so until the next full sync.",
  },
};

const facts: AgentFacts = {
  agentVersion: "0.1.0",
  tools: { kernel: "6.1.0", versions: { nft: "1.0.6" } },
  generation: 3,
  settings: makeNodeProxySpec({ revision: "r1" }),
  unusable: undefined,
  applied: makeNodeProxySpec({ revision: "r1" }),
  lastSuccess: makeSyncSuccess({ report: { servicePorts: 4, endpoints: 9, changes: 2 } }),
  failure: undefined,
  waitingFor: [],
  settingsWaitFor: [],
  modeProblem: undefined,
  staleSinceMs: undefined,
  missing: new Map(),
  problems: [],
  nodeProblems: [],
  latency: { p50Milliseconds: 2, p99Milliseconds: 9 },
  drift: noDrift,
};

function build(change: Partial<AgentFacts>, conditions: readonly Condition[] = []): NodeProxyStatus {
  return buildStatus({ ...facts, ...change }, conditions, now);
}

function conditionOf(status: NodeProxyStatus, type: string): Condition {
  const condition = status.conditions?.find((candidate) => candidate.type === type);
  assert.ok(condition !== undefined);
  return condition;
}

function makeProblem(service: string): ServiceProblem {
  return {
    service: makeServiceName(service),
    field: "spec.externalIPs[0]",
    value: '"x"',
    reason: "not an IP",
  };
}

const newer = makeNodeProxySpec({ revision: "r2" });

interface ConditionRow {
  readonly name: string;
  readonly facts: Partial<AgentFacts>;
  readonly expect: Readonly<Record<string, readonly [status: string, reason: string, message: RegExp]>>;
}

const conditionRows: readonly ConditionRow[] = [
  {
    name: "where nobody has changed our kernel state, it is not Drifted",
    facts: {},
    expect: { Drifted: ["False", "InStep", /./] },
  },
  {
    name: "where the mode cannot tell, Drifted is Unknown",
    facts: { drift: undefined },
    expect: { Drifted: ["Unknown", "NotWatched", /full syncs repair them/] },
  },
  {
    name: "what others have changed and nobody repairs makes the node not Ready",
    facts: { drift: reportedDrift },
    expect: {
      Ready: ["False", "Drifted", /^nft deleted table ip kubesteer\. With drift\.policy Report it stays so/],
      Applied: ["True", "Applied", /r1/],
      Drifted: ["True", "Reported", /./],
    },
  },
  {
    name: "what is being repaired leaves it Ready",
    facts: { drift: { ...reportedDrift, condition: { ...reportedDrift.condition, reason: "Repairing" } } },
    expect: { Ready: ["True", "Synced", /r1/], Drifted: ["True", "Repairing", /./] },
  },
  {
    name: "the newest revision in the kernel is Ready",
    facts: {},
    expect: {
      Ready: ["True", "Synced", /Revision r1 is in the kernel, mode nftables\./],
      Applied: ["True", "Applied", /r1/],
      Degraded: ["False", "AsSpecified", /All Services/],
    },
  },
  {
    name: "a NodeProxy that cannot be used is neither Ready nor Applied, also while other things are missing",
    facts: { unusable: "it lacks spec.config.drift", waitingFor: ["Services"] },
    expect: {
      Ready: ["False", "SettingsUnusable", /the node keeps revision r1: it lacks spec\.config\.drift\.$/],
      Applied: ["False", "SettingsUnusable", /spec\.config\.drift/],
    },
  },
  {
    name: "a fallback is Ready and says why",
    facts: { lastSuccess: makeSyncSuccess({ fallbackReason: "mode ebpf needs BTF" }) },
    expect: { Ready: ["True", "Synced", /mode nftables \(mode ebpf needs BTF\)/] },
  },
  {
    name: "a newer revision that is not in the kernel yet is neither Ready nor Applied",
    facts: { settings: newer },
    expect: {
      Ready: ["False", "Syncing", /r2/],
      Applied: ["False", "Syncing", /the node keeps revision r1/],
    },
  },
  {
    name: "a failed sync of the applied revision is not Ready, but Applied",
    facts: { failure: makeSyncFailure() },
    expect: {
      Ready: ["False", "SyncFailed", /nft rejected/],
      Applied: ["True", "Applied", /r1/],
      Degraded: [
        "True",
        "SyncFailed",
        /^What has changed since the last successful sync at 2026-01-01T00:00:00Z may not be served\.$/,
      ],
    },
  },
  {
    name: "a node without a usable mode has applied nothing",
    facts: {
      lastSuccess: undefined,
      applied: undefined,
      failure: makeSyncFailure({ reason: "ModeUnsupported", message: "mode nftables needs nft" }),
    },
    expect: {
      Ready: ["False", "ModeUnsupported", /needs nft/],
      Applied: ["False", "ModeUnsupported", /nothing has been applied/],
      Degraded: ["Unknown", "NotSynced", /Nothing has been synced/],
    },
  },
  {
    name: "a node without its first lists waits and keeps its rules",
    facts: { lastSuccess: undefined, applied: undefined, waitingFor: ["Services", "EndpointSlices"] },
    expect: { Ready: ["False", "Waiting", /Services and EndpointSlices; until then the kernel keeps/] },
  },
  {
    name: "settings that wait are told together with the current ones",
    facts: { settings: newer, settingsWaitFor: ["Namespaces"] },
    expect: {
      Ready: [
        "False",
        "Waiting",
        /^Revision r2 waits for Namespaces; until then the node keeps revision r1\.$/,
      ],
      Applied: ["False", "Syncing", /the node keeps revision r1/],
    },
  },
  {
    name: "settings without a mode that can run are told together with the current ones and what is missing",
    facts: { settings: newer, modeProblem: "mode ipvs cannot run: no ip_vs", failure: makeSyncFailure() },
    expect: {
      Ready: [
        "False",
        "ModeUnsupported",
        /^Revision r2 cannot be applied, the node keeps revision r1: mode ipvs cannot run: no ip_vs\.$/,
      ],
      Applied: ["False", "ModeUnsupported", /: mode ipvs cannot run: no ip_vs\.$/],
    },
  },
  {
    name: "a node that serves stored Services is not ready, and says of when they are",
    facts: { waitingFor: ["Services"], staleSinceMs: Date.parse("2026-01-01T00:00:00Z") },
    expect: { Ready: ["False", "Waiting", /Services are served as they were at 2026-01-01T00:00:00.000Z/] },
  },
  {
    name: "Services with mistakes degrade and are named",
    facts: { problems: [makeProblem("ns/a"), makeProblem("ns/a")] },
    expect: {
      Ready: ["True", "Synced", /r1/],
      Degraded: ["True", "ServiceProblems", /: ns\/a\. See/],
    },
  },
  {
    name: "refused Services degrade; the first five are named",
    facts: {
      lastSuccess: makeSyncSuccess({
        report: { rejected: makeRejected("n/1", "n/2", "n/3", "n/4", "n/5", "n/6") },
      }),
      problems: [makeProblem("n/7")],
    },
    expect: { Degraded: ["True", "ServicesRejected", /: n\/1, n\/2, n\/3, n\/4, n\/5 and 2 more\./] },
  },
  {
    name: "a failed sync comes before what else degrades",
    facts: { failure: makeSyncFailure(), problems: [makeProblem("ns/a")], nodeProblems: ["no conntrack"] },
    expect: {
      Degraded: [
        "True",
        "SyncFailed",
        /may not be served\. Not served as specified: ns\/a\. .* no conntrack\.$/,
      ],
    },
  },
  {
    name: "without any settings that can be used the node is not Ready, for what is wrong with those it got",
    facts: {
      settings: undefined,
      unusable: "it lacks spec.config.drift",
      lastSuccess: undefined,
      applied: undefined,
    },
    expect: {
      Ready: ["False", "SettingsUnusable", /no settings from before: it lacks spec\.config\.drift\.$/],
      Applied: ["False", "SettingsUnusable", /spec\.config\.drift/],
      Degraded: ["Unknown", "NotSynced", /./],
    },
  },
  {
    name: "what the node lacks degrades",
    facts: { nodeProblems: ["conntrack is not installed"] },
    expect: {
      Ready: ["True", "Synced", /r1/],
      Degraded: ["True", "NodeProblem", /^conntrack is not installed\.$/],
    },
  },
  {
    name: "a mode besides the main one that fails is told, and the node is not Ready",
    facts: { lastSuccess: makeSyncSuccess({ failing: [makeModeFailure()] }) },
    expect: {
      Ready: [
        "False",
        "SyncFailed",
        /^Mode userspace fails, its Services may be .* before: no sockets left\.$/,
      ],
      Applied: ["True", "Applied", /r1/],
      Degraded: ["True", "SyncFailed", /^Mode userspace fails/],
    },
  },
  {
    name: "all running modes are told",
    facts: {
      lastSuccess: makeSyncSuccess({
        modes: [makeRunningMode({ services: 40 }), makeRunningMode({ mode: "userspace", services: 3 })],
      }),
    },
    expect: { Ready: ["True", "Synced", /, mode nftables, and mode userspace for 3 Services\.$/] },
  },
  {
    name: "what a mode does not do for a Service degrades",
    facts: {
      lastSuccess: makeSyncSuccess({
        report: {
          unsupported: [{ service: makeServiceName("ns/a"), feature: "mode ebpf", reason: "it cannot run" }],
        },
      }),
    },
    expect: { Ready: ["True", "Synced", /r1/], Degraded: ["True", "ServiceProblems", /: ns\/a\. See/] },
  },
  {
    name: "everything that the node lacks is told",
    facts: { nodeProblems: ["conntrack is not installed", "interface cni0 does not exist"] },
    expect: {
      Degraded: ["True", "NodeProblem", /^conntrack is not installed\. interface cni0 does not exist\.$/],
    },
  },
  {
    name: "what the node lacks is told after what is wrong with Services",
    facts: { problems: [makeProblem("ns/a")], nodeProblems: ["conntrack is not installed"] },
    expect: { Degraded: ["True", "ServiceProblems", /: ns\/a\. See .* conntrack is not installed\.$/] },
  },
];

describe("build status", () => {
  for (const { name, facts, expect } of conditionRows) {
    it(name, () => {
      const status = build(facts);
      for (const [type, [expectedStatus, reason, message]] of Object.entries(expect)) {
        const condition = conditionOf(status, type);
        assert.deepEqual([condition.status, condition.reason], [expectedStatus, reason], type);
        assert.match(condition.message, message);
        assert.equal(condition.observedGeneration, 3);
      }
    });
  }

  it("tells what runs", () => {
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

  it("a Service that its new mode refuses is told with the mode that still serves it", () => {
    const [refused] = makeRejected("n/a");
    assert.ok(refused);
    const rejected = [{ ...refused, mode: "userspace", servedBy: "nftables" } as const];
    const status = build({ lastSuccess: makeSyncSuccess({ report: { rejected } }) });
    assert.equal(
      status.services?.unsupported?.[0]?.reason,
      "refused in mode userspace, served in mode nftables as before: No such file",
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

  it("another sync is not significant, another revision is", () => {
    const base = significantPart(build({}));
    const drifted = (detectedTotal: number, lastAt: string) => {
      const status = { detectedTotal, lastAt, lastCulprit: "nft (process 7)" };
      return significantPart(build({ drift: { ...noDrift, status } }));
    };
    assert.notDeepEqual(drifted(1, "2026-01-01T00:00:31Z"), base);
    assert.deepEqual(drifted(9, "2026-01-01T00:00:39Z"), drifted(1, "2026-01-01T00:00:31Z"));
    const again = { report: { servicePorts: 5, endpoints: 1, changes: 7 }, scope: "partial", at: 1 } as const;
    assert.deepEqual(significantPart(build({ lastSuccess: makeSyncSuccess(again) })), base);
    assert.notDeepEqual(significantPart(build({ lastSuccess: makeSyncSuccess({ settings: newer }) })), base);
    assert.notDeepEqual(significantPart(build({ problems: [makeProblem("n/a")] })), base);
    const running = (...modes: readonly RunningMode[]) =>
      significantPart(build({ lastSuccess: makeSyncSuccess({ modes }) }));
    assert.deepEqual(running(makeRunningMode({ services: 7 })), base);
    assert.notDeepEqual(running(makeRunningMode(), makeRunningMode({ mode: "userspace" })), base);
  });
});
