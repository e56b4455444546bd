import { apiGroupVersion, type NodeProxy, type ObjectMeta } from "../../crds/api.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { isNotFound } from "../../platform/kube/api-error.ts";
import type { EventRecorder, RegardingObject } from "../../platform/kube/events.ts";
import { resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import type { ClusterCache } from "../watch/cluster-cache.ts";
import { mergePatchBetween } from "./merge-patch.ts";
import type { ClusterPlan, StatusChange } from "../plan/plan-cluster.ts";
import type { PlannedEvent } from "../plan/status/plan-events.ts";

/** Owner of our fields in server-side apply. */
const fieldManager = "kubesteer-operator";

/** One request that a plan asks for, independent of all others. */
export interface PlannedWrite {
  /** Equal for writes of the same sort to the same object, in this plan and in later ones. */
  readonly key: string;
  readonly resource: "proxyconfigs/status" | "nodeproxies";
  readonly verb: "apply" | "delete";
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface WriteTargets {
  readonly client: ApiClient;
  readonly cache: ClusterCache;
  readonly recorder: EventRecorder;
  readonly log: Logger;
}

/** The writes of a plan: what people look at first, then the nodes. The cache learns which versions to wait for. */
export function planWrites(plan: ClusterPlan, targets: WriteTargets): readonly PlannedWrite[] {
  return [
    ...plan.statuses.map((change) => statusWrite(change, targets)),
    ...plan.nodeProxies.map((nodeProxy) =>
      nodeProxyWrite({ nodeProxy, event: plan.nodeProxyEvents.get(nodeProxy.metadata.name) }, targets),
    ),
    ...plan.deletions.map((nodeProxy) => nodeProxyDeletion(nodeProxy, targets)),
  ];
}

function statusWrite({ proxyConfig, status, events }: StatusChange, targets: WriteTargets): PlannedWrite {
  const { client, cache } = targets;
  const { name } = proxyConfig.metadata;
  const identity = identify("ProxyConfig", proxyConfig.metadata);
  return {
    key: `proxyconfigs/${name}/status`,
    resource: "proxyconfigs/status",
    verb: "apply",
    name,
    async run(signal) {
      const { apiVersion, kind, ...metadata } = identity;
      const object = { apiVersion, kind, metadata, status };
      try {
        const options = { fieldManager, subresource: "status", signal } as const;
        const { metadata: written } = await client.apply(resources.proxyConfigs, object, options);
        cache.answered(resources.proxyConfigs, written.resourceVersion);
      } catch (error) {
        if (isNotFound(error)) return; // deleted meanwhile, as the watch will tell
        throw error;
      }
      for (const event of events) tell(event, { regarding: identity, targets });
    },
  };
}

/** Server-side apply leaves alone what others have added, such as a rule in a list; the spec is the operator's as a whole. */
function nodeProxyWrite(
  { nodeProxy, event }: { readonly nodeProxy: NodeProxy; readonly event: PlannedEvent | undefined },
  targets: WriteTargets,
): PlannedWrite {
  const { client, cache } = targets;
  const { name } = nodeProxy.metadata;
  const resource = resources.nodeProxies;
  return {
    key: `nodeproxies/${name}`,
    resource: "nodeproxies",
    verb: "apply",
    name,
    async run(signal) {
      const applied = await client.apply<NodeProxy>(resource, nodeProxy, { fieldManager, signal });
      const spec = mergePatchBetween(applied.spec, nodeProxy.spec);
      const written =
        Object.keys(spec).length === 0
          ? applied
          : await client.mergePatch<NodeProxy>({ resource, name }, { spec }, { signal });
      cache.answered(resource, written.metadata.resourceVersion);
      if (event !== undefined) tell(event, { regarding: identify("NodeProxy", written.metadata), targets });
    },
  };
}

/** Asks the API server once more whether the Node is gone: a node that loses its NodeProxy loses its settings. */
function nodeProxyDeletion({ metadata }: NodeProxy, { client, cache }: WriteTargets): PlannedWrite {
  const { name, uid } = metadata;
  return {
    key: `nodeproxies/${name}`,
    resource: "nodeproxies",
    verb: "delete",
    name,
    async run(signal) {
      if ((await client.get({ resource: resources.nodes, name }, { signal })) !== undefined) return;
      await client.delete(
        { resource: resources.nodeProxies, name },
        { signal, ...(uid !== undefined && { uid }) },
      );
      cache.deleteNodeProxy(name);
    },
  };
}

function identify(
  kind: "NodeProxy" | "ProxyConfig",
  { name, uid }: Pick<ObjectMeta, "name" | "uid">,
): RegardingObject {
  return { apiVersion: apiGroupVersion, kind, name, ...(uid !== undefined && { uid }) };
}

function tell(
  event: PlannedEvent,
  { regarding, targets }: { readonly regarding: RegardingObject; readonly targets: WriteTargets },
): void {
  const { kind, name } = regarding;
  targets.log.info({ kind, name, reason: event.reason, detail: event.message }, "recorded an event");
  targets.recorder.record({ regarding, ...event });
}
