import { isDeepStrictEqual } from "node:util";
import type { NodeProxy, ProxyConfig } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Contact, Progress } from "../../platform/kube/reflector.ts";
import type { Resource } from "../../platform/kube/resources.ts";
import { HeartbeatMonitor } from "./heartbeat-monitor.ts";
import { OwnWrites } from "./own-writes.ts";
import { isSilent, nodesListedSilent } from "../plan/nodes/agent-silence.ts";
import type { ClusterNode, ClusterView } from "../plan/cluster-view.ts";
import type { StoredRevision } from "../plan/history/controller-revision.ts";

/**
 * The newest known state of everything the plan looks at, as the watches show it. Calls `onChange` when the plan
 * could differ.
 */
export class ClusterCache {
  readonly #proxyConfigs = new Map<string, ProxyConfig>();
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #nodeProxies = new Map<string, NodeProxy>();
  /** By the name of the ControllerRevision. */
  readonly #revisions = new Map<string, StoredRevision>();
  readonly #heartbeats: HeartbeatMonitor;
  readonly #ownWrites = new OwnWrites();
  readonly #onChange: () => void;

  constructor({ clock, onChange }: { readonly clock: Clock; readonly onChange: () => void }) {
    this.#heartbeats = new HeartbeatMonitor(clock);
    this.#onChange = onChange;
  }

  setProxyConfig(proxyConfig: ProxyConfig): void {
    this.#replace(this.#proxyConfigs, proxyConfig.metadata.name, proxyConfig);
  }

  setNode(node: ClusterNode): void {
    this.#replace(this.#nodes, node.name, node);
  }

  setRevision(revision: StoredRevision): void {
    this.#replace(this.#revisions, revision.name, revision);
  }

  /** A heartbeat alone is not a change: otherwise thousands of agents would keep the operator busy. */
  setNodeProxy(nodeProxy: NodeProxy): void {
    const { name } = nodeProxy.metadata;
    const previous = this.#nodeProxies.get(name);
    this.#nodeProxies.set(name, nodeProxy);
    const endsSilence = this.#endsSilence(nodeProxy);
    const isHeartbeat =
      previous !== undefined && isDeepStrictEqual(withoutHeartbeat(previous), withoutHeartbeat(nodeProxy));
    if (!isHeartbeat || endsSilence) this.#onChange();
  }

  /** The watch of NodeProxies received something: agents become silent as this time advances. */
  nodeProxyContact(contact: Contact): void {
    if (this.#heartbeats.contact(contact)) this.#onChange();
  }

  /** The resource version in the response to a write of this operator. */
  answered(resource: Resource, resourceVersion: string | undefined): void {
    this.#ownWrites.answered(resource, resourceVersion);
  }

  /** The watch of a resource has shown everything up to this point. */
  progressed(plural: string, progress: Progress): void {
    if (this.#ownWrites.progressed(plural, progress)) this.#onChange();
  }

  /** Whether the watches have shown all writes of this operator; `onChange` is called when they have caught up. */
  get showsOwnWrites(): boolean {
    return this.#ownWrites.areShown;
  }

  deleteProxyConfig(name: string): void {
    if (this.#proxyConfigs.delete(name)) this.#onChange();
  }

  deleteNode(name: string): void {
    if (this.#nodes.delete(name)) this.#onChange();
  }

  deleteNodeProxy(name: string): void {
    this.#heartbeats.forget(name);
    if (this.#nodeProxies.delete(name)) this.#onChange();
  }

  deleteRevision(name: string): void {
    if (this.#revisions.delete(name)) this.#onChange();
  }

  /** The input of the plan, without the failed writes. */
  view(nowMs: number): Omit<ClusterView, "failedWrites"> {
    return {
      proxyConfigs: [...this.#proxyConfigs.values()],
      nodes: [...this.#nodes.values()],
      nodeProxies: [...this.#nodeProxies.values()],
      revisions: [...this.#revisions.values()],
      heartbeats: this.#heartbeats.observations(),
      nowMs,
    };
  }

  /** Whether a plan may have judged the node silent until this heartbeat came. */
  #endsSilence(nodeProxy: NodeProxy): boolean {
    const before = this.#heartbeats.observe(nodeProxy);
    if (before === undefined) return false;
    const listedSilent =
      !before.seenChanging &&
      nodesListedSilent([...this.#proxyConfigs.values()]).has(nodeProxy.metadata.name);
    return isSilent(before, { listedSilent });
  }

  #replace<T>(objects: Map<string, T>, name: string, next: T): void {
    const previous = objects.get(name);
    objects.set(name, next);
    if (!isDeepStrictEqual(previous, next)) this.#onChange();
  }
}

function withoutHeartbeat({ status, ...rest }: NodeProxy): object {
  const { heartbeatAt: _heartbeatAt, ...report } = status ?? {};
  return { ...rest, report };
}
