import assert from "node:assert/strict";
import type { ProxyConfigStatus } from "../../../../../crds/api.ts";
import type { NodeVerdict } from "../../../../../operator/plan/nodes/judge-node.ts";
import type { HoldReason } from "../../../../../operator/plan/rollout/assign.ts";
import { planRollout } from "../../../../../operator/plan/rollout/plan-rollout.ts";
import type { RolloutPhase } from "../../../../../operator/plan/rollout/rollout-state.ts";
import { makeProxyConfig, nowMs } from "../make-cluster.ts";
import { assignmentOf, ready, underWay, verdict } from "./make-rollout.ts";

const held = (node: string) => verdict(node, { health: "ready", held: true, updated: true });
const unsupported = (node: string) => verdict(node, { health: "unsupported" });

const rows: readonly {
  readonly name: string;
  readonly holdReason?: HoldReason;
  readonly status?: ProxyConfigStatus;
  readonly verdicts: readonly NodeVerdict[];
  readonly phase: RolloutPhase;
  readonly stage: string;
}[] = [
  { name: "no nodes", verdicts: [], phase: "NoNodes", stage: "no nodes" },
  {
    name: "all nodes change at once",
    verdicts: [verdict("a"), verdict("b")],
    phase: "Updating",
    stage: "updating 0/2",
  },
  {
    name: "nodes that are ready count",
    verdicts: [ready("a"), verdict("b")],
    phase: "Updating",
    stage: "updating 1/2",
  },
  { name: "all are ready", verdicts: [ready("a"), ready("b")], phase: "Complete", stage: "complete" },
  {
    name: "a node that fails after completion does not restart the rollout",
    status: underWay(5000, { phase: "Complete" }),
    verdicts: [ready("a"), verdict("b", { health: "failed" })],
    phase: "Complete",
    stage: "complete",
  },
  {
    name: "completion of another revision does not count",
    status: { ...underWay(5000, { phase: "Complete" }), updateRevision: "rev-old" },
    verdicts: [ready("a"), verdict("b")],
    phase: "Updating",
    stage: "updating 1/2",
  },
  {
    name: "nodes that a pause holds do not count as ready",
    holdReason: "paused",
    verdicts: [ready("a"), held("b")],
    phase: "Paused",
    stage: "paused 1/2",
  },
  {
    name: "a pause with nothing to hold does not show",
    holdReason: "paused",
    verdicts: [ready("a")],
    phase: "Complete",
    stage: "complete",
  },
  {
    name: "a revision that cannot be stored reaches no node",
    holdReason: "unstored",
    verdicts: [held("a"), verdict("b")],
    phase: "Blocked",
    stage: "blocked 0/2",
  },
  {
    name: "within the deadline it goes on",
    status: underWay(599),
    verdicts: [verdict("a"), verdict("b")],
    phase: "Updating",
    stage: "updating 0/2",
  },
  {
    name: "past the deadline it is stalled",
    status: underWay(600),
    verdicts: [verdict("a"), verdict("b")],
    phase: "Stalled",
    stage: "stalled 0/2",
  },
  {
    name: "a node that becomes ready extends the deadline",
    status: underWay(1000),
    verdicts: [ready("a", 599), verdict("b")],
    phase: "Updating",
    stage: "updating 1/2",
  },
  {
    name: "a node whose clock is an hour fast does not",
    status: underWay(1000),
    verdicts: [ready("a", -3600), verdict("b")],
    phase: "Stalled",
    stage: "stalled 1/2",
  },
  {
    name: "it stays stalled while nothing changes",
    status: underWay(1000, { phase: "Stalled" }),
    verdicts: [verdict("a"), verdict("b")],
    phase: "Stalled",
    stage: "stalled 0/2",
  },
  {
    name: "no node supports the mode",
    verdicts: [unsupported("a"), unsupported("b")],
    phase: "Unsupported",
    stage: "stalled 0/2",
  },
  {
    name: "the time of a pause does not count",
    status: underWay(9000, { phase: "Paused" }),
    verdicts: [verdict("a"), verdict("b")],
    phase: "Updating",
    stage: "updating 0/2",
  },
  {
    name: "the time without a node that supports the mode does not count",
    status: underWay(9000, { phase: "Unsupported" }),
    verdicts: [verdict("a"), unsupported("b")],
    phase: "Updating",
    stage: "updating 0/2",
  },
  {
    name: "the time without nodes does not count",
    status: { updateRevision: "rev-new", rollout: { stage: "no nodes", phase: "NoNodes", to: "rev-new" } },
    verdicts: [verdict("a")],
    phase: "Updating",
    stage: "updating 0/1",
  },
  {
    name: "the deadline starts when a pause ends",
    status: underWay(9000, { stepAgo: 599 }),
    verdicts: [verdict("a"), verdict("b")],
    phase: "Updating",
    stage: "updating 0/2",
  },
];

function planFor({
  status,
  verdicts,
  holdReason,
}: Pick<(typeof rows)[number], "status" | "verdicts" | "holdReason">) {
  return planRollout({
    proxyConfig: makeProxyConfig({ ...(status && { status }) }),
    assignment: assignmentOf(verdicts, holdReason),
    verdicts,
    storeFailure: holdReason === "unstored" ? "forbidden" : undefined,
    nowMs,
  });
}

describe("planRollout", () => {
  for (const row of rows) {
    it(row.name, () => {
      const { state, stage, held } = planFor(row);
      assert.deepEqual([state.phase, stage], [row.phase, row.stage]);
      assert.deepEqual(
        held,
        row.verdicts.filter((other) => other.held).map(({ node }) => node),
      );
    });
  }

  it("reads nothing that is made for people", () => {
    for (const row of rows) {
      if (row.status?.rollout === undefined) continue;
      const rollout = { ...row.status.rollout, stage: "complete", message: "paused" };
      assert.deepEqual(planFor({ ...row, status: { ...row.status, rollout } }), planFor(row), row.name);
    }
  });

  it("says why a revision cannot be stored", () => {
    const { message } = planFor({ holdReason: "unstored", verdicts: [held("a")] });
    assert.equal(message, "revision rev-new cannot be stored, so no node gets it: forbidden");
  });

  it("looks again at the deadline", () => {
    const plan = planFor({ status: underWay(100), verdicts: [verdict("a")] });
    assert.equal(plan.nextLookAtMs, nowMs + 500_000);
    assert.equal(planFor({ status: underWay(60), verdicts: [] }).nextLookAtMs, undefined);
  });
});
