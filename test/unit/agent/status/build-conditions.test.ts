import assert from "node:assert/strict";
import type { AgentFacts } from "../../../../agent/status/agent-facts.ts";
import {
  makeModeFailure,
  makeRejected,
  makeRunningMode,
  makeServiceName,
  makeSyncFailure,
  makeSyncSuccess,
} from "../../../support/make-sync-outcome.ts";
import { build, conditionOf, makeProblem, newer } from "./well-node.ts";

const reportedDrift: NonNullable<AgentFacts["drift"]> = {
  status: { detectedTotal: 1 },
  condition: {
    status: "True",
    reason: "Reported",
    message: "nft deleted table ip kubesteer. With drift.policy Report it stays so until the next full sync.",
  },
};

interface ConditionRow {
  readonly name: string;
  readonly facts: Partial<AgentFacts>;
  readonly expect: Readonly<Record<string, readonly [status: string, reason: string, message: RegExp]>>;
}

const conditionRows: readonly ConditionRow[] = [
  {
    name: "without external changes it is not Drifted",
    facts: {},
    expect: { Drifted: ["False", "InStep", /./] },
  },
  {
    name: "where the mode cannot tell, Drifted is Unknown",
    facts: { drift: undefined },
    expect: { Drifted: ["Unknown", "NotWatched", /full syncs repair them/] },
  },
  {
    name: "external changes that are not repaired make the node not Ready",
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
    name: "settings that wait are reported together with the current ones",
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
    name: "settings without a mode that can run are reported together with the current ones and what is missing",
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
    name: "a node that serves stored Services is not ready, and says when they were stored",
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
    name: "a mode besides the main one that fails is reported, and the node is not Ready",
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
    name: "all running modes are reported",
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
    name: "everything that the node lacks is reported",
    facts: { nodeProblems: ["conntrack is not installed", "interface cni0 does not exist"] },
    expect: {
      Degraded: ["True", "NodeProblem", /^conntrack is not installed\. interface cni0 does not exist\.$/],
    },
  },
  {
    name: "what the node lacks is reported after what is wrong with Services",
    facts: { problems: [makeProblem("ns/a")], nodeProblems: ["conntrack is not installed"] },
    expect: { Degraded: ["True", "ServiceProblems", /: ns\/a\. See .* conntrack is not installed\.$/] },
  },
];

describe("conditions of a NodeProxy", () => {
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
});
