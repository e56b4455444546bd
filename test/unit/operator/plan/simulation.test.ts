import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import type { ClusterPlan } from "../../../../operator/plan/cluster-plan.ts";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { historyLimit } from "../../../../operator/plan/history/plan-history.ts";
import { orphanedLabel } from "../../../../operator/plan/labels.ts";
import { ownNodes } from "../../../../operator/plan/ownership/own-nodes.ts";
import { planCluster } from "../../../../operator/plan/plan-cluster.ts";
import type { PlannedWrite } from "../../../../operator/write/planned-write.ts";
import { findCondition } from "../../../../platform/kube/conditions.ts";
import { SimulatedCluster, targetOf } from "./simulated-cluster.ts";
import { regressions } from "./simulated-regressions.ts";
import { remember, step, take, type Step } from "./simulated-steps.ts";

/** What must hold of every plan, whatever has happened before. */
function assertSound(plan: ClusterPlan, view: ClusterView): void {
  const { nodesOf, unowned } = ownNodes(view.proxyConfigs, view.nodes);
  const owned = [...nodesOf.values()].flat().map(({ name }) => name);
  assert.equal(new Set(owned).size, owned.length, "a node has two owners");
  assert.equal(owned.length + unowned.length, view.nodes.length);
  const written = plan.nodeProxies.map(({ nodeProxy }) => nodeProxy.metadata.name);
  assert.equal(new Set(written).size, written.length, "a NodeProxy is written twice");
  const nodeNames = new Set(view.nodes.map(({ name }) => name));
  for (const name of written) assert.ok(nodeNames.has(name));
  for (const { metadata } of plan.deletions) assert.ok(!nodeNames.has(metadata.name));
  assertPausesHold(plan, view);
  for (const { proxyConfig, status } of plan.statuses) {
    const { selected = 0, updated = 0, ready = 0, failed = 0, unsupported = 0 } = status.nodes ?? {};
    assert.ok(ready <= updated && updated <= selected && ready + failed + unsupported <= selected);
    assert.equal(
      updated,
      countUpdated(proxyConfig.metadata.name, view),
      "updated is not what NodeProxies say",
    );
    const isReady = findCondition(status.conditions ?? [], "Ready")?.status === "True";
    assert.equal(isReady, selected > 0 && ready === selected);
    assert.ok((status.failing ?? []).length <= 10);
    assert.equal(status.rollout?.to, status.updateRevision);
  }
}

/** Nodes of a paused ProxyConfig keep the revision they have; those without settings get one. */
function assertPausesHold(plan: ClusterPlan, { proxyConfigs, nodes, nodeProxies }: ClusterView): void {
  const paused = proxyConfigs.filter(({ spec }) => spec.rollout.paused).map(({ metadata }) => metadata.name);
  const { nodesOf } = ownNodes(proxyConfigs, nodes);
  const held = new Set(paused.flatMap((name) => nodesOf.get(name) ?? []).map(({ name }) => name));
  for (const { nodeProxy } of plan.nodeProxies) {
    const before = nodeProxies.find(({ metadata }) => metadata.name === nodeProxy.metadata.name);
    if (before === undefined || !held.has(nodeProxy.metadata.name)) continue;
    assert.equal(nodeProxy.spec.revision, before.spec.revision, "a pause lets a node change");
  }
}

function countUpdated(name: string, { proxyConfigs, nodes, nodeProxies }: ClusterView): number {
  const proxyConfig = proxyConfigs.find(({ metadata }) => metadata.name === name);
  assert.ok(proxyConfig);
  const target = targetOf(proxyConfig);
  const owned = new Set(
    ownNodes(proxyConfigs, nodes)
      .nodesOf.get(name)
      ?.map((node) => node.name),
  );
  return nodeProxies.filter(
    ({ metadata, spec, status }) =>
      owned.has(metadata.name) && spec.revision === target && status?.observedRevision === target,
  ).length;
}

/** What must hold when a write is about to be made: the content of what it names exists, and no garbage collector takes it. */
function assertContentExists(
  { revisions }: SimulatedCluster,
  { task }: PlannedWrite,
  { proxyConfigs }: ClusterView,
): void {
  const owners = new Set(proxyConfigs.map(({ metadata }) => metadata.uid));
  const stored = [...revisions.values()].filter(({ ownerUid }) => owners.has(ownerUid));
  if (task.kind === "nodeProxy" && task.change.nodeProxy.metadata.labels?.[orphanedLabel] === undefined) {
    const { revision, config } = task.change.nodeProxy.spec;
    const contents = stored.filter((other) => other.revision === revision);
    assert.ok(contents.length > 0, `the content of ${revision} does not exist`);
    assert.ok(contents.some((other) => isDeepStrictEqual(other.config, config)));
  }
  if (task.kind === "status") {
    const { proxyConfig, status } = task.change;
    const { to } = status.rollout ?? {};
    const isStep = to !== proxyConfig.status?.rollout?.to;
    if (isStep)
      assert.ok(
        stored.some(({ revision }) => revision === to),
        "a step names no content",
      );
  }
}

function assertNothingToWrite(plan: ClusterPlan): void {
  const { revisions, statuses, nodeProxies, deletions, revisionDeletions } = plan;
  assert.deepEqual([revisions, statuses, nodeProxies, deletions, revisionDeletions], [[], [], [], [], []]);
}

/** Writes until there is nothing to write, as an operator whose view is up to date. */
function settle(cluster: SimulatedCluster): void {
  cluster.collectGarbage();
  for (let round = 0; round < 4; round += 1) {
    const view = cluster.view();
    const plan = planCluster(view);
    assertSound(plan, view);
    cluster.write(plan, (write) => {
      assertContentExists(cluster, write, view);
      assertNeeded(cluster, write);
      return "made";
    });
  }
  assertNothingToWrite(cluster.plan());
  assertNodesHaveContent(cluster);
}

/** Every node that a ProxyConfig owns has the stored content of its revision, even if another client edited its NodeProxy. */
function assertNodesHaveContent({ proxyConfigs, nodes, nodeProxies, revisions }: SimulatedCluster): void {
  for (const [name, owned] of ownNodes([...proxyConfigs.values()], [...nodes.values()]).nodesOf) {
    for (const node of owned) {
      const spec = nodeProxies.get(node.name)?.spec;
      const stored = [...revisions.values()].find(
        ({ configName, revision }) => configName === name && revision === spec?.revision,
      );
      assert.deepEqual(spec?.config, stored?.config);
    }
  }
}

function assertNeeded({ revisions, nodeProxies }: SimulatedCluster, { task, name }: PlannedWrite): void {
  if (task.kind === "revision") {
    const { revision, metadata, data } = task.change.object;
    const stored = revisions.get(name);
    const isSame =
      stored?.sequence === revision &&
      stored.ownerUid === metadata.ownerReferences?.[0]?.uid &&
      isDeepStrictEqual(stored.content, data.config);
    assert.ok(!isSame, `${name} is written without need`);
  }
  if (task.kind === "nodeProxy") {
    const { metadata, spec } = task.change.nodeProxy;
    const stored = nodeProxies.get(name);
    const isSame =
      isDeepStrictEqual(stored?.spec, spec) && isDeepStrictEqual(stored?.metadata.labels, metadata.labels);
    assert.ok(!isSame || stored === undefined, `NodeProxy ${name} is written without need`);
  }
}

/** After all agents got well and nothing is paused. */
function assertConverged(cluster: SimulatedCluster): void {
  for (const name of cluster.nodeProxies.keys()) assert.ok(cluster.nodes.has(name));
  const { nodesOf, unowned } = ownNodes([...cluster.proxyConfigs.values()], [...cluster.nodes.values()]);
  for (const [name, nodes] of nodesOf) {
    const status = cluster.proxyConfigs.get(name)?.status;
    const ready = findCondition(status?.conditions ?? [], "Ready");
    assert.equal(ready?.status, nodes.length > 0 ? "True" : "False", ready?.message);
    assert.equal(status?.rollout?.phase, nodes.length > 0 ? "Complete" : "NoNodes");
    for (const node of nodes) {
      const nodeProxy = cluster.nodeProxies.get(node.name);
      assert.equal(nodeProxy?.spec.configName, name);
      assert.equal(nodeProxy.spec.revision, status?.currentRevision);
    }
    assertHistory(cluster, name);
  }
  assertNumbersDiffer(cluster);
  for (const { name } of unowned) {
    const kept = cluster.nodeProxies.get(name);
    if (kept !== undefined) assert.equal(kept.metadata.labels?.[orphanedLabel], "true");
  }
}

/** One object for each content, the newest revision last, and no more of the past than the limit. */
function assertHistory({ proxyConfigs, revisions }: SimulatedCluster, name: string): void {
  const proxyConfig = proxyConfigs.get(name);
  assert.ok(proxyConfig);
  const stored = [...revisions.values()]
    .filter(({ configName }) => configName === name)
    .toSorted((a, b) => a.sequence - b.sequence);
  assert.equal(stored.at(-1)?.revision, targetOf(proxyConfig));
  assert.equal(new Set(stored.map(({ revision }) => revision)).size, stored.length);
  assert.ok(stored.length <= historyLimit + 4);
}

/** No two revisions of a ProxyConfig have one number, or it could not be said which is newer. */
function assertNumbersDiffer({ revisions }: SimulatedCluster): void {
  const numbers = [...revisions.values()].map(({ configName, sequence }) => `${configName} ${sequence}`);
  assert.equal(new Set(numbers).size, numbers.length, `two revisions have one number: ${numbers.join(", ")}`);
}

function unpause({ proxyConfigs }: SimulatedCluster): void {
  for (const [name, proxyConfig] of proxyConfigs) {
    const spec = { ...proxyConfig.spec, rollout: { ...proxyConfig.spec.rollout, paused: false } };
    proxyConfigs.set(name, { ...proxyConfig, spec });
  }
}

function live(cluster: SimulatedCluster, steps: readonly Step[]): void {
  let past: readonly ClusterView[] = [cluster.view()];
  for (const next of steps) {
    if (next.kind !== "reconcile") {
      take(cluster, next);
      past = remember(past, cluster.view());
      continue;
    }
    const seen = past[next.lag] ?? cluster.view();
    const view = next.lag === 0 ? cluster.view() : cluster.staleView(seen);
    const plan = planCluster(view);
    assertSound(plan, view);
    let made = 0;
    cluster.write(plan, (write) => {
      assertContentExists(cluster, write, view);
      assertNumbersDiffer(cluster);
      return next.fates[made++ % next.fates.length] ?? "made";
    });
    assertNumbersDiffer(cluster);
  }
}

/** Lives through the steps, after which everything gets well. */
function assertPromisesKept(steps: readonly Step[]): void {
  const cluster = new SimulatedCluster();
  live(cluster, steps);
  settle(cluster);
  cluster.nowMs += 1000;
  unpause(cluster);
  settle(cluster);
  for (const name of cluster.nodes.keys()) cluster.report(name, "ready");
  settle(cluster);
  assertConverged(cluster);
}

describe("planCluster, simulated", () => {
  it("keeps its promises through 10,000 histories, settles, and converges from each", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 24, size: "max" }), assertPromisesKept), {
      numRuns: 10_000,
    });
  }).timeout(300_000);

  for (const { name, steps } of regressions) {
    it(`keeps them through ${name}`, () => assertPromisesKept(steps));
  }

  it("depends on nothing but the cluster", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 16, size: "max" }), (steps) => {
        const cluster = new SimulatedCluster();
        live(cluster, steps);
        assert.deepEqual(cluster.plan(), cluster.plan());
      }),
      { numRuns: 200 },
    );
  });
});
