import assert from "node:assert/strict";
import type { ProxyConfigStatus } from "../../../../../crds/api.ts";
import {
  blocked,
  currentStep,
  previousState,
  withoutNodes,
} from "../../../../../operator/plan/rollout/rollout-state.ts";
import { makeProxyConfig, nowIso, nowMs, secondsAgo } from "../make-cluster.ts";
import { revision, underWay } from "./make-rollout.ts";

const withStatus = (status: ProxyConfigStatus) => makeProxyConfig({ status });
const stepOf = (status: ProxyConfigStatus, { to = revision, resumes = true } = {}) =>
  currentStep(withStatus(status), { to, resumes, nowMs });

describe("state of a rollout", () => {
  it("is of no use for another revision", () => {
    assert.equal(previousState(withStatus(underWay(60)), "rev-other"), undefined);
    assert.equal(previousState(makeProxyConfig(), revision), undefined);
  });

  const times = { startedAt: secondsAgo(60) };
  const stored: readonly { name: string; status: ProxyConfigStatus; phase: string }[] = [
    { name: "its phase", status: underWay(60, { phase: "Paused" }), phase: "Paused" },
    {
      name: "Complete where a version without phases finished it",
      status: { currentRevision: revision, rollout: { stage: "complete", ...times } },
      phase: "Complete",
    },
    {
      name: "Updating where a version without phases did not finish it",
      status: { currentRevision: "rev-old", rollout: { stage: "updating 0/1", ...times } },
      phase: "Updating",
    },
    {
      name: "Updating where a version without phases had no nodes any more",
      status: { currentRevision: revision, rollout: { stage: "no nodes" } },
      phase: "Updating",
    },
    {
      name: "Complete where a further revision that could not be stored was withdrawn",
      status: { ...underWay(60, { phase: "Blocked" }), currentRevision: revision },
      phase: "Complete",
    },
  ];
  for (const { name, status, phase } of stored) {
    it(`has ${name}`, () => {
      const proxyConfig = withStatus({ ...status, updateRevision: revision });
      assert.equal(previousState(proxyConfig, revision)?.phase, phase);
    });
  }

  it("keeps what the status has while a revision is blocked", () => {
    const status = underWay(60, { phase: "Complete" });
    const { stage: _stage, ...rollout } = status.rollout ?? { stage: "" };
    assert.deepEqual(blocked(withStatus(status)), { ...rollout, phase: "Blocked" });
    assert.deepEqual(blocked(makeProxyConfig()), { phase: "Blocked" });
  });

  it("has no step without nodes", () => {
    assert.deepEqual(withoutNodes(withStatus({ currentRevision: "rev-old" }), revision), {
      phase: "NoNodes",
      from: "rev-old",
      to: revision,
    });
  });
});

describe("step of a rollout", () => {
  it("is the first of another revision", () => {
    assert.deepEqual(stepOf({ ...underWay(60), currentRevision: "rev-a" }, { to: "rev-other" }), {
      from: "rev-a",
      to: "rev-other",
      startedAt: nowIso,
      step: 1,
      stepStartedAt: nowIso,
    });
  });

  it("starts from the interrupted revision where it goes back to the current one", () => {
    assert.equal(stepOf({ ...underWay(60), currentRevision: "rev-a" }, { to: "rev-a" }).from, revision);
  });

  it("lasts while nothing holds the rollout", () => {
    const kept = {
      from: "rev-old",
      to: revision,
      startedAt: secondsAgo(60),
      step: 1,
      stepStartedAt: secondsAgo(30),
    };
    for (const phase of ["Updating", "Stalled", "Complete"] as const) {
      assert.deepEqual(stepOf(underWay(60, { phase, stepAgo: 30 })), kept, phase);
    }
    assert.deepEqual(stepOf(underWay(60, { phase: "Paused", stepAgo: 30 }), { resumes: false }), kept);
  });

  for (const phase of ["Paused", "Unsupported"] as const) {
    it(`is the next one when the rollout resumes after ${phase}`, () => {
      const { startedAt, step, stepStartedAt } = stepOf(underWay(60, { phase }));
      assert.deepEqual([startedAt, step, stepStartedAt], [secondsAgo(60), 2, nowIso]);
    });
  }

  it("of a version without steps started with its rollout", () => {
    const rollout = { stage: "updating 0/2", startedAt: secondsAgo(60) };
    const { step, stepStartedAt } = stepOf({ updateRevision: revision, rollout });
    assert.deepEqual([step, stepStartedAt], [1, secondsAgo(60)]);
  });
});
