import assert from "node:assert/strict";
import type { Condition, ProxyConfigStatus } from "../../../../../crds/api.ts";
import type { NodeVerdict } from "../../../../../operator/plan/nodes/judge-node.ts";
import { planRollout, type RolloutPhase } from "../../../../../operator/plan/rollout/plan-rollout.ts";
import { makeProxyConfig, nowMs, secondsAgo } from "../make-cluster.ts";

const revision = "rev-new";

function verdict(node: string, changes: Partial<NodeVerdict> = {}): NodeVerdict {
  return {
    node,
    health: "waiting",
    reason: "RevisionPending",
    message: "",
    since: undefined,
    assignedRevision: "rev-old",
    updated: false,
    drifted: false,
    degraded: undefined,
    runningMode: undefined,
    fallbackReason: undefined,
    ...changes,
  };
}

const ready = (node: string, readySecondsAgo = 0) =>
  verdict(node, {
    health: "ready",
    assignedRevision: revision,
    updated: true,
    since: secondsAgo(readySecondsAgo),
  });

const progressing = (status: "True" | "False", reason: string, ago: number): readonly Condition[] => [
  { type: "Progressing", status, reason, message: "", lastTransitionTime: secondsAgo(ago) },
];

/** A status that is `ago` seconds into the rollout of the revision. */
function underWay(
  ago: number,
  stage = "updating 0/2",
  conditions: readonly Condition[] = [],
): ProxyConfigStatus {
  return { updateRevision: revision, rollout: { stage, startedAt: secondsAgo(ago) }, conditions };
}

const rows: readonly {
  readonly name: string;
  readonly paused?: boolean;
  readonly status?: ProxyConfigStatus;
  readonly verdicts: readonly NodeVerdict[];
  readonly released?: readonly string[];
  readonly phase: RolloutPhase;
  readonly stage: string;
}[] = [
  { name: "no nodes", verdicts: [], phase: "noNodes", stage: "no nodes" },
  {
    name: "all nodes change at once",
    verdicts: [verdict("a"), verdict("b")],
    phase: "updating",
    stage: "updating 0/2",
  },
  {
    name: "nodes that are ready count",
    verdicts: [ready("a"), verdict("b")],
    phase: "updating",
    stage: "updating 1/2",
  },
  { name: "all are ready", verdicts: [ready("a"), ready("b")], phase: "complete", stage: "complete" },
  {
    name: "a node that fails after completion does not begin the rollout again",
    status: underWay(5000, "complete"),
    verdicts: [ready("a"), verdict("b", { health: "failed", assignedRevision: revision })],
    phase: "complete",
    stage: "complete",
  },
  {
    name: "completion of another revision does not count",
    status: { ...underWay(5000, "complete"), updateRevision: "rev-old" },
    verdicts: [ready("a"), verdict("b")],
    phase: "updating",
    stage: "updating 1/2",
  },
  {
    name: "a pause holds nodes that have settings",
    paused: true,
    verdicts: [ready("a"), verdict("b")],
    released: ["a"],
    phase: "paused",
    stage: "paused 1/2",
  },
  {
    name: "a pause does not hold nodes without settings",
    paused: true,
    verdicts: [verdict("a", { assignedRevision: undefined })],
    phase: "updating",
    stage: "updating 0/1",
  },
  {
    name: "a pause with nothing to hold does not show",
    paused: true,
    verdicts: [ready("a")],
    phase: "complete",
    stage: "complete",
  },
  {
    name: "within the deadline it goes on",
    status: underWay(599),
    verdicts: [verdict("a"), verdict("b")],
    phase: "updating",
    stage: "updating 0/2",
  },
  {
    name: "past the deadline it is stalled, and every node still gets the revision",
    status: underWay(600),
    verdicts: [verdict("a"), verdict("b")],
    phase: "stalled",
    stage: "stalled 0/2",
  },
  {
    name: "a node that becomes ready extends the deadline",
    status: underWay(1000),
    verdicts: [ready("a", 599), verdict("b")],
    phase: "updating",
    stage: "updating 1/2",
  },
  {
    name: "a node whose clock is an hour fast does not",
    status: underWay(1000),
    verdicts: [ready("a", -3600), verdict("b")],
    phase: "stalled",
    stage: "stalled 1/2",
  },
  {
    name: "it stays stalled while nothing changes",
    status: underWay(1000, "stalled 0/2", progressing("False", "ProgressDeadlineExceeded", 300)),
    verdicts: [verdict("a"), verdict("b")],
    phase: "stalled",
    stage: "stalled 0/2",
  },
  {
    name: "the time of a pause does not count",
    status: underWay(9000, "paused 0/2", progressing("False", "RolloutPaused", 8000)),
    verdicts: [verdict("a"), verdict("b")],
    phase: "updating",
    stage: "updating 0/2",
  },
  {
    name: "the time without nodes does not count",
    status: { updateRevision: revision, rollout: { stage: "no nodes" } },
    verdicts: [verdict("a", { assignedRevision: undefined })],
    phase: "updating",
    stage: "updating 0/1",
  },
  {
    name: "the deadline begins when a pause ends",
    status: underWay(9000, "updating 0/2", progressing("True", "NodesUpdating", 599)),
    verdicts: [verdict("a"), verdict("b")],
    phase: "updating",
    stage: "updating 0/2",
  },
];

const startedAt = (status: ProxyConfigStatus) =>
  planRollout({ proxyConfig: makeProxyConfig({ status }), revision, verdicts: [verdict("a")], nowMs })
    .startedAt;

describe("planRollout", () => {
  for (const { name, paused = false, status, verdicts, released, phase, stage } of rows) {
    it(name, () => {
      const proxyConfig = makeProxyConfig({ spec: { rollout: { paused } }, ...(status && { status }) });
      const plan = planRollout({ proxyConfig, revision, verdicts, nowMs });
      assert.deepEqual([plan.phase, plan.stage], [phase, stage]);
      const expected = released ?? verdicts.map(({ node }) => node);
      assert.deepEqual([...plan.released], expected);
      assert.deepEqual(
        [...plan.released, ...plan.held].toSorted(),
        verdicts.map(({ node }) => node).toSorted(),
      );
    });
  }

  it("keeps the beginning of a rollout, and begins anew with another revision", () => {
    assert.equal(startedAt(underWay(60)), secondsAgo(60));
    assert.equal(startedAt({ ...underWay(60), updateRevision: "rev-old" }), secondsAgo(0));
  });

  it("has not begun while there are no nodes", () => {
    const { startedAt, nextLookAtMs } = planRollout({
      proxyConfig: makeProxyConfig({ status: underWay(60) }),
      revision,
      verdicts: [],
      nowMs,
    });
    assert.deepEqual([startedAt, nextLookAtMs], [undefined, undefined]);
  });

  it("looks again at the deadline", () => {
    const proxyConfig = makeProxyConfig({ status: underWay(100) });
    const plan = planRollout({ proxyConfig, revision, verdicts: [verdict("a")], nowMs });
    assert.equal(plan.nextLookAtMs, nowMs + 500_000);
  });
});
