import assert from "node:assert/strict";
import * as fc from "fast-check";
import { findCondition } from "../../../../platform/kube/conditions.ts";
import { ownNodes } from "../../../../operator/plan/ownership/own-nodes.ts";
import { planCluster, type ClusterPlan } from "../../../../operator/plan/plan-cluster.ts";
import { orphanedLabel } from "../../../../operator/plan/nodes/resolve-node-proxy.ts";
import { makeNode, makeProxyConfig, secondsAgo } from "./make-cluster.ts";
import { SimulatedCluster, type AgentOutcome } from "./simulated-cluster.ts";

const pools = ["a", "b", "c"] as const;
const pool = fc.constantFrom(...pools);
const configName = fc.constantFrom("one", "two", "three", "four");
const percent = fc.nat({ max: 99 });

type Step =
  | {
      readonly kind: "setConfig";
      readonly name: string;
      readonly selects: string | undefined;
      readonly priority: number;
      readonly mode: string;
      readonly paused: boolean;
    }
  | { readonly kind: "deleteConfig"; readonly name: string }
  | { readonly kind: "addNodes"; readonly pool: string; readonly count: number }
  | { readonly kind: "deleteNodes"; readonly percent: number }
  | { readonly kind: "report"; readonly outcome: AgentOutcome; readonly percent: number }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "reconcile"; readonly lostPercent: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("setConfig"),
    name: configName,
    selects: fc.option(pool, { nil: undefined }),
    priority: fc.integer({ min: -1, max: 1 }),
    mode: fc.constantFrom("nftables", "iptables", "ipvs"),
    paused: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("deleteConfig"), name: configName }),
  fc.record({ kind: fc.constant("addNodes"), pool, count: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ kind: fc.constant("deleteNodes"), percent }),
  fc.record({
    kind: fc.constant("report"),
    outcome: fc.constantFrom<AgentOutcome>("ready", "ready", "failed", "unsupported"),
    percent,
  }),
  fc.record({ kind: fc.constant("wait"), seconds: fc.nat({ max: 900 }) }),
  fc.record({ kind: fc.constant("reconcile"), lostPercent: percent }),
);

/** Picks about `percent` of the calls, always the same ones. */
function sample(percent: number): () => boolean {
  let call = 0;
  return () => (++call * 37) % 100 < percent;
}

let created = 0;

function take(cluster: SimulatedCluster, step: Step): void {
  switch (step.kind) {
    case "setConfig": {
      const previous = cluster.proxyConfigs.get(step.name);
      const next = makeProxyConfig({
        name: step.name,
        spec: {
          priority: step.priority,
          mode: step.mode,
          rollout: { paused: step.paused },
          ...(step.selects !== undefined && { nodeSelector: { matchLabels: { pool: step.selects } } }),
        },
        metadata: {
          generation: (previous?.metadata.generation ?? 0) + 1,
          creationTimestamp: previous?.metadata.creationTimestamp ?? secondsAgo(cluster.proxyConfigs.size),
        },
      });
      cluster.proxyConfigs.set(step.name, { ...next, ...(previous?.status && { status: previous.status }) });
      return;
    }
    case "deleteConfig":
      cluster.proxyConfigs.delete(step.name);
      return;
    case "addNodes":
      for (let index = 0; index < step.count; index += 1) {
        const name = `node-${(created += 1)}`;
        cluster.nodes.set(name, makeNode(name, { labels: { pool: step.pool } }));
      }
      return;
    case "deleteNodes":
      for (const name of [...cluster.nodes.keys()].filter(sample(step.percent))) cluster.nodes.delete(name);
      return;
    case "report":
      for (const name of [...cluster.nodes.keys()].filter(sample(step.percent))) {
        cluster.report(name, step.outcome);
      }
      return;
    case "wait":
      cluster.nowMs += step.seconds * 1000;
      return;
    case "reconcile": {
      const isLost = sample(step.lostPercent);
      cluster.write(cluster.plan(), () => !isLost());
      return;
    }
  }
}

function assertNothingToWrite({ nodeProxies, deletions, statuses }: ClusterPlan): void {
  assert.deepEqual({ nodeProxies, deletions, statuses }, { nodeProxies: [], deletions: [], statuses: [] });
}

/** Whatever has happened before: what must hold of every plan. */
function assertSound(cluster: SimulatedCluster): void {
  const { nodesOf, unowned } = ownNodes([...cluster.proxyConfigs.values()], [...cluster.nodes.values()]);
  const owned = [...nodesOf.values()].flat().map(({ name }) => name);
  assert.equal(new Set(owned).size, owned.length, "a node has two owners");
  assert.equal(owned.length + unowned.length, cluster.nodes.size);

  const plan = cluster.plan();
  assert.deepEqual(cluster.plan(), plan, "the plan depends on something besides the cluster");
  for (const { metadata } of plan.nodeProxies) assert.ok(cluster.nodes.has(metadata.name));
  for (const { metadata } of plan.deletions) assert.ok(!cluster.nodes.has(metadata.name));
  for (const { status } of plan.statuses) {
    const { selected = 0, updated = 0, ready = 0, failed = 0, unsupported = 0 } = status.nodes ?? {};
    assert.ok(ready <= updated && updated <= selected && ready + failed + unsupported <= selected);
    const isReady = findCondition(status.conditions ?? [], "Ready")?.status === "True";
    assert.equal(isReady, selected > 0 && ready === selected);
    assert.ok((status.failing ?? []).length <= 10);
  }
}

/** After all agents got well and nothing is paused. */
function assertConverged(cluster: SimulatedCluster): void {
  assertNothingToWrite(cluster.plan());
  for (const name of cluster.nodeProxies.keys()) assert.ok(cluster.nodes.has(name));
  const { nodesOf, unowned } = ownNodes([...cluster.proxyConfigs.values()], [...cluster.nodes.values()]);
  for (const [name, nodes] of nodesOf) {
    const status = cluster.proxyConfigs.get(name)?.status;
    const ready = findCondition(status?.conditions ?? [], "Ready");
    assert.equal(ready?.status, nodes.length > 0 ? "True" : "False", ready?.message);
    for (const node of nodes) {
      const nodeProxy = cluster.nodeProxies.get(node.name);
      assert.equal(nodeProxy?.spec.configName, name);
      assert.equal(nodeProxy.spec.revision, status?.currentRevision);
    }
  }
  for (const { name } of unowned) {
    const kept = cluster.nodeProxies.get(name);
    if (kept !== undefined) assert.equal(kept.metadata.labels?.[orphanedLabel], "true");
  }
}

describe("planCluster, simulated", () => {
  it("gives every node at most one owner, settles, and converges from every history", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: "max" }), (steps) => {
        const cluster = new SimulatedCluster();
        for (const next of steps) {
          take(cluster, next);
          assertSound(cluster);
        }
        cluster.write(cluster.plan());
        cluster.write(cluster.plan()); // the statuses now know the NodeProxies
        assertNothingToWrite(cluster.plan());
        cluster.nowMs += 1000;

        for (const [name, proxyConfig] of cluster.proxyConfigs) {
          const spec = { ...proxyConfig.spec, rollout: { ...proxyConfig.spec.rollout, paused: false } };
          cluster.proxyConfigs.set(name, { ...proxyConfig, spec });
        }
        cluster.write(cluster.plan());
        for (const name of cluster.nodes.keys()) cluster.report(name, "ready");
        cluster.write(cluster.plan());
        assertConverged(cluster);
      }),
      { numRuns: 60 },
    );
  });
});

/** Looks at labels of nodes and at reports of agents during one plan. */
function looks(count: number): number {
  const cluster = new SimulatedCluster();
  take(cluster, { kind: "addNodes", pool: "a", count });
  for (const name of ["one", "two"]) {
    take(cluster, { kind: "setConfig", name, selects: "a", priority: 0, mode: "nftables", paused: false });
  }
  cluster.write(cluster.plan());
  for (const name of cluster.nodes.keys()) cluster.report(name, "ready");
  let looks = 0;
  const counting = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, property, receiver) {
        looks += 1;
        return Reflect.get(object, property, receiver);
      },
    });
  const { nodes, nodeProxies, ...view } = cluster.view();
  planCluster({ ...view, nodes: nodes.map(counting), nodeProxies: nodeProxies.map(counting) });
  return looks;
}

describe("planCluster, cost", () => {
  it("grows no faster than the number of nodes, up to 5,000", () => {
    const perNode = looks(500) / 500;
    assert.ok(looks(5000) / 5000 <= perNode * 1.1 + 3, `${perNode} looks at each of 500 nodes`);
  });
});
