import { isDeepStrictEqual } from "node:util";
import type { NodeProxy, NodeProxyConfig, ProxyConfig } from "../../../crds/api.ts";
import type { NodeSettings } from "../../../crds/node-settings.ts";
import { revisionOf } from "../../../crds/revision.ts";
import { controllerRevisionOf, type ControllerRevision, type StoredRevision } from "./controller-revision.ts";

/** The number of unused revisions to keep, as Kubernetes does for its workloads. */
export const historyLimit = 10;

/** A ControllerRevision to be created or changed. */
export interface RevisionChange {
  readonly object: ControllerRevision;
  /** Uid of an object with other content that has to be deleted first: content cannot be changed. */
  readonly replaces: string | undefined;
}

/** The revisions of one ProxyConfig: their content, and the writes that keep them stored. */
export interface History {
  /** Settings of each revision that a node is assigned, and of those that the status names as far as they are known. */
  readonly configs: ReadonlyMap<string, NodeProxyConfig>;
  /** Revisions whose content is not stored yet. */
  readonly unstored: ReadonlySet<string>;
  readonly changes: readonly RevisionChange[];
  readonly deletions: readonly StoredRevision[];
}

export interface HistoryFacts {
  readonly proxyConfig: ProxyConfig;
  /** What the ProxyConfig asks for now. */
  readonly target: NodeSettings;
  /** Revisions that its nodes are assigned. */
  readonly assigned: ReadonlySet<string>;
  /** Revisions of this ProxyConfig that NodeProxies have, also on nodes that it no longer owns. */
  readonly running: ReadonlySet<string>;
  /** Of its nodes: they hold the content of what a version without history assigned. */
  readonly nodeProxies: readonly NodeProxy[];
  /** Of this ProxyConfig, by its name; the object may have belonged to an earlier one of that name. */
  readonly stored: readonly StoredRevision[];
}

/**
 * Plans the ControllerRevisions of a ProxyConfig. The revision that it asks for has the highest number; content that
 * was there before gets a new number, not a second object. An object keeps its stored content, even where a
 * later version computes a different name for it.
 */
export function planHistory(facts: HistoryFacts): History {
  const { proxyConfig, target, assigned, stored } = facts;
  const known = new Map(stored.map((revision) => [revision.revision, revision]));
  const configs = new Map(
    [...assigned, ...namedInStatus(proxyConfig)].flatMap((revision) => {
      const config = findConfig(revision, known.get(revision), facts);
      return config === undefined ? [] : [[revision, config]];
    }),
  );
  configs.set(target.revision, target.config);
  const changes = planChanges(facts, { known, configs });
  return {
    configs,
    unstored: new Set([...configs.keys()].filter((revision) => !isStored(known.get(revision), facts))),
    changes,
    deletions: unused(facts),
  };
}

/** The stored revision of that name, if its content is usable, under whatever number. */
export function findStored(
  name: string | undefined,
  facts: Pick<HistoryFacts, "proxyConfig" | "target" | "stored">,
): StoredRevision | undefined {
  return facts.stored.find((other) => other.revision === name && isStored(other, facts));
}

function findConfig(
  revision: string,
  stored: StoredRevision | undefined,
  { nodeProxies }: HistoryFacts,
): NodeProxyConfig | undefined {
  if (stored?.config !== undefined) return stored.config;
  const candidates = nodeProxies.filter(({ spec }) => spec.revision === revision);
  // An object whose content matches its name is unchanged.
  const intact = candidates.find(({ spec }) => revisionOf(spec.config) === revision);
  return (intact ?? candidates[0])?.spec.config;
}

/**
 * Numbers of missing revisions follow the highest of those stored, and the target's follows them. Each write can fail by
 * itself, so none takes a number that another revision has until then: where the numbers below the target's do not suffice,
 * all are above it.
 */
function planChanges(
  facts: HistoryFacts,
  {
    known,
    configs,
  }: {
    readonly known: ReadonlyMap<string, StoredRevision>;
    readonly configs: ReadonlyMap<string, NodeProxyConfig>;
  },
): readonly RevisionChange[] {
  const { target, stored } = facts;
  const missing = [...configs].filter(
    ([revision]) => revision !== target.revision && !isStored(known.get(revision), facts),
  );
  const current = known.get(target.revision);
  const currentSequence = current?.sequence ?? 0;
  const others = stored.filter(({ revision }) => revision !== target.revision);
  const highest = Math.max(0, ...others.map(({ sequence }) => sequence));
  const fitsBelow = currentSequence > highest + missing.length;
  const last = fitsBelow ? highest : Math.max(highest, currentSequence);
  const changes = missing.map(([revision, config], index) =>
    changeOf(facts, { revision, config, sequence: last + 1 + index }, known.get(revision)),
  );
  if (fitsBelow && isStored(current, facts)) return changes;
  const sequence = fitsBelow ? currentSequence : last + missing.length + 1;
  return [...changes, changeOf(facts, { ...target, sequence }, current)];
}

function changeOf(
  { proxyConfig }: HistoryFacts,
  settings: Parameters<typeof controllerRevisionOf>[1],
  current: StoredRevision | undefined,
): RevisionChange {
  const hasOtherContent = current !== undefined && !isDeepStrictEqual(current.content, settings.config);
  return {
    object: controllerRevisionOf(proxyConfig, settings),
    replaces: hasOtherContent ? current.uid : undefined,
  };
}

/** Whether the content is stored, usable, and stays: the garbage collector deletes what an earlier ProxyConfig of that name owned. */
function isStored(
  stored: StoredRevision | undefined,
  { proxyConfig, target }: Pick<HistoryFacts, "proxyConfig" | "target">,
): stored is StoredRevision {
  if (stored?.config === undefined || stored.ownerUid !== (proxyConfig.metadata.uid ?? "")) return false;
  return stored.revision !== target.revision || isDeepStrictEqual(stored.content, target.config);
}

/** The oldest of those that neither nodes nor the status name, beyond the limit. */
function unused({ proxyConfig, target, assigned, running, stored }: HistoryFacts): readonly StoredRevision[] {
  const used = new Set([target.revision, ...assigned, ...running, ...namedInStatus(proxyConfig)]);
  return stored
    .filter(({ revision }) => !used.has(revision))
    .toSorted((a, b) => b.sequence - a.sequence || (a.name < b.name ? -1 : 1))
    .slice(historyLimit);
}

function namedInStatus({ status = {} }: ProxyConfig): readonly string[] {
  const { currentRevision, updateRevision, lastGoodRevision, rollout } = status;
  return [currentRevision, updateRevision, lastGoodRevision, rollout?.from].filter(
    (revision) => revision !== undefined,
  );
}
