import { apiGroupVersion, type NodeProxy, type ObjectMeta } from "../../crds/api.ts";
import { assertNever } from "../../platform/assert-never.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { isNotFound } from "../../platform/kube/api-error.ts";
import type { EventRecorder, RegardingObject } from "../../platform/kube/events.ts";
import { resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import type { NodeProxyChange, StatusChange } from "../plan/cluster-plan.ts";
import type { StoredRevision } from "../plan/history/controller-revision.ts";
import type { RevisionChange } from "../plan/history/plan-history.ts";
import type { PlannedEvent } from "../plan/status/plan-events.ts";
import type { ClusterCache } from "../watch/cluster-cache.ts";
import { mergePatchBetween } from "./merge-patch.ts";
import type { WriteTask } from "./planned-write.ts";

/** Owner of our fields in server-side apply. */
const fieldManager = "kubesteer-operator";

export interface WriteTargets {
  readonly client: ApiClient;
  readonly cache: ClusterCache;
  /** Of the ControllerRevisions. */
  readonly namespace: string;
  readonly recorder: EventRecorder;
  readonly log: Logger;
}

/** Makes one write, then records its Events, and gives the cache the version to wait for. */
export function performWrite(task: WriteTask, targets: WriteTargets, signal: AbortSignal): Promise<void> {
  switch (task.kind) {
    case "revision":
      return writeRevision(task.change, targets, signal);
    case "status":
      return writeStatus(task.change, targets, signal);
    case "nodeProxy":
      return writeNodeProxy(task.change, targets, signal);
    case "nodeProxyDeletion":
      return deleteNodeProxy(task.nodeProxy, targets, signal);
    case "revisionDeletion":
      return deleteRevision(task.revision, targets, signal);
    default:
      return assertNever(task);
  }
}

async function writeRevision(
  { object, replaces }: RevisionChange,
  { client, cache, namespace }: WriteTargets,
  signal: AbortSignal,
): Promise<void> {
  const resource = resources.controllerRevisions;
  const { name } = object.metadata;
  if (replaces !== undefined) await client.delete({ resource, name, namespace }, { signal, uid: replaces });
  const metadata = { ...object.metadata, namespace };
  const written = await client.apply(resource, { ...object, metadata }, { fieldManager, signal });
  cache.answered(resource, written.metadata.resourceVersion);
}

async function writeStatus(
  { proxyConfig, status, events }: StatusChange,
  targets: WriteTargets,
  signal: AbortSignal,
): Promise<void> {
  const { client, cache } = targets;
  const identity = identify("ProxyConfig", proxyConfig.metadata);
  const { apiVersion, kind, ...metadata } = identity;
  const object = { apiVersion, kind, metadata, status };
  try {
    const options = { fieldManager, subresource: "status", signal } as const;
    const { metadata: written } = await client.apply(resources.proxyConfigs, object, options);
    cache.answered(resources.proxyConfigs, written.resourceVersion);
  } catch (error) {
    if (isNotFound(error)) return; // deleted meanwhile, as the watch will show
    throw error;
  }
  record(events, { regarding: identity, targets });
}

/** Server-side apply keeps fields that other managers added, such as a rule in a list, but the operator owns the whole spec. */
async function writeNodeProxy(
  { nodeProxy, events }: NodeProxyChange,
  targets: WriteTargets,
  signal: AbortSignal,
): Promise<void> {
  const { client, cache } = targets;
  const { name } = nodeProxy.metadata;
  const resource = resources.nodeProxies;
  const applied = await client.apply<NodeProxy>(resource, nodeProxy, { fieldManager, signal });
  const spec = mergePatchBetween(applied.spec, nodeProxy.spec);
  const written =
    Object.keys(spec).length === 0
      ? applied
      : await client.mergePatch<NodeProxy>({ resource, name }, { spec }, { signal });
  cache.answered(resource, written.metadata.resourceVersion);
  record(events, { regarding: identify("NodeProxy", written.metadata), targets });
}

/** Asks the API server once more whether the Node is gone: a node that loses its NodeProxy loses its settings. */
async function deleteNodeProxy(
  { metadata: { name, uid } }: NodeProxy,
  { client, cache }: WriteTargets,
  signal: AbortSignal,
): Promise<void> {
  if ((await client.get({ resource: resources.nodes, name }, { signal })) !== undefined) return;
  const ref = { resource: resources.nodeProxies, name };
  await client.delete(ref, { signal, ...(uid !== undefined && { uid }) });
  cache.deleteNodeProxy(name);
}

async function deleteRevision(
  { name, uid }: StoredRevision,
  { client, cache, namespace }: WriteTargets,
  signal: AbortSignal,
): Promise<void> {
  await client.delete({ resource: resources.controllerRevisions, name, namespace }, { signal, uid });
  cache.deleteRevision(name);
}

function identify(
  kind: "NodeProxy" | "ProxyConfig",
  { name, uid }: Pick<ObjectMeta, "name" | "uid">,
): RegardingObject {
  return { apiVersion: apiGroupVersion, kind, name, ...(uid !== undefined && { uid }) };
}

function record(
  events: readonly PlannedEvent[],
  { regarding, targets }: { readonly regarding: RegardingObject; readonly targets: WriteTargets },
): void {
  const { kind, name } = regarding;
  for (const event of events) {
    targets.log.info({ kind, name, reason: event.reason, detail: event.message }, "recorded an event");
    targets.recorder.record({ regarding, ...event });
  }
}
