import * as fc from "fast-check";
import type { ProxyConfigSpec } from "../../../../crds/api.ts";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { makeNode, makeProxyConfig, secondsAgo } from "./make-cluster.ts";
import type { AgentOutcome, SimulatedCluster, WriteFate } from "./simulated-cluster.ts";

const pool = fc.constantFrom("a", "b");
const configName = fc.constantFrom("one", "two", "three");
const percent = fc.nat({ max: 99 });

interface Settings {
  readonly selects: string | undefined;
  readonly priority: number;
  readonly mode: string;
  readonly paused: boolean;
}

export type Step =
  | ({ readonly kind: "setConfig"; readonly name: string } & Settings)
  | { readonly kind: "deleteConfig"; readonly name: string }
  | { readonly kind: "addNodes"; readonly pool: string; readonly count: number }
  | { readonly kind: "deleteNodes"; readonly percent: number }
  | { readonly kind: "report"; readonly outcome: AgentOutcome; readonly percent: number }
  /** Someone else deletes stored revisions, or edits NodeProxies. */
  | { readonly kind: "tamper"; readonly with: "revisions" | "nodeProxies"; readonly percent: number }
  | { readonly kind: "wait"; readonly seconds: number }
  | {
      readonly kind: "reconcile";
      /** Steps before this one that the watches have not shown yet. */
      readonly lag: number;
      /** Of the writes, again from the start where there are more. */
      readonly fates: readonly WriteFate[];
    };

const fates = fc.oneof(
  { weight: 3, arbitrary: fc.constant<WriteFate[]>(["made"]) },
  fc.array(fc.constantFrom<WriteFate>("made", "made", "failed", "answerLost"), {
    minLength: 1,
    maxLength: 7,
  }),
  fc.nat({ max: 6 }).map((count): WriteFate[] => [...Array<WriteFate>(count).fill("made"), "crash"]),
);

const reconcile: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("reconcile"),
  lag: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4 })),
  fates,
});

/** What people, nodes, agents, time and the operator do. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("setConfig"),
      name: configName,
      selects: fc.option(pool, { nil: undefined }),
      priority: fc.integer({ min: -1, max: 1 }),
      mode: fc.constantFrom("nftables", "iptables", "ipvs"),
      paused: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant("deleteConfig"), name: configName }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("addNodes"), pool, count: fc.integer({ min: 1, max: 3 }) }),
  },
  fc.record({ kind: fc.constant("deleteNodes"), percent }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("report"),
      outcome: fc.constantFrom<AgentOutcome>("ready", "ready", "failed", "unsupported"),
      percent,
    }),
  },
  fc.record({ kind: fc.constant("tamper"), with: fc.constantFrom("revisions", "nodeProxies"), percent }),
  fc.record({ kind: fc.constant("wait"), seconds: fc.nat({ max: 900 }) }),
  { weight: 6, arbitrary: reconcile },
);

/** What a cluster does from here on without the operator. */
export type OutsideStep = Exclude<Step, { readonly kind: "reconcile" }>;

/** Takes a step of the outside world; the views of earlier steps stay as they are. */
export function take(cluster: SimulatedCluster, step: OutsideStep): void {
  switch (step.kind) {
    case "setConfig":
      return setConfig(cluster, step);
    case "deleteConfig":
      cluster.proxyConfigs.delete(step.name);
      return;
    case "addNodes": {
      for (let index = 1, added = 0; added < step.count; index += 1) {
        const name = `node-${index}`;
        if (cluster.nodes.has(name)) continue;
        added += 1;
        cluster.nodes.set(name, makeNode(name, { labels: { pool: step.pool } }));
      }
      return;
    }
    case "deleteNodes":
      for (const name of sample(cluster.nodes.keys(), step.percent)) cluster.nodes.delete(name);
      return;
    case "report":
      for (const name of sample(cluster.nodes.keys(), step.percent)) cluster.report(name, step.outcome);
      return;
    case "tamper":
      return tamper(cluster, step);
    case "wait":
      cluster.nowMs += step.seconds * 1000;
      cluster.collectGarbage();
  }
}

const specs = new Map<string, ProxyConfigSpec>();

/** The complete spec, parsed once for all histories. */
function specOf({ selects, priority, mode, paused }: Settings): ProxyConfigSpec {
  const nodeSelector = selects === undefined ? {} : { matchLabels: { pool: selects } };
  const written = { nodeSelector, priority, mode, rollout: { paused } };
  const key = JSON.stringify(written);
  const spec = specs.get(key) ?? makeProxyConfig({ spec: written }).spec;
  specs.set(key, spec);
  return spec;
}

function setConfig(cluster: SimulatedCluster, { name, ...settings }: { readonly name: string } & Settings) {
  const previous = cluster.proxyConfigs.get(name);
  const { apiVersion, kind } = { apiVersion: "kubesteer.dev/v1alpha1", kind: "ProxyConfig" } as const;
  cluster.proxyConfigs.set(name, {
    apiVersion,
    kind,
    metadata: {
      name,
      uid: cluster.uidOf(name),
      generation: (previous?.metadata.generation ?? 0) + 1,
      creationTimestamp: previous?.metadata.creationTimestamp ?? secondsAgo(cluster.proxyConfigs.size),
    },
    spec: specOf(settings),
    ...(previous?.status !== undefined && { status: previous.status }),
  });
}

function tamper(
  { revisions, nodeProxies }: SimulatedCluster,
  { with: kind, percent }: Extract<Step, { readonly kind: "tamper" }>,
): void {
  if (kind === "revisions") {
    for (const name of sample(revisions.keys(), percent)) revisions.delete(name);
    return;
  }
  for (const name of sample(nodeProxies.keys(), percent)) {
    const nodeProxy = nodeProxies.get(name);
    if (nodeProxy === undefined) continue;
    const config = { ...nodeProxy.spec.config, masqueradeAll: true };
    nodeProxies.set(name, { ...nodeProxy, spec: { ...nodeProxy.spec, config } });
  }
}

/** About `percent` of the names, always the same ones. */
function sample(names: Iterable<string>, percent: number): readonly string[] {
  return [...names].filter((_name, index) => ((index + 1) * 37) % 100 < percent);
}

/** The views of the last steps, the newest first. */
export function remember(views: readonly ClusterView[], view: ClusterView): readonly ClusterView[] {
  return [view, ...views].slice(0, 5);
}
