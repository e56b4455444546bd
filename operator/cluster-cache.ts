import { isDeepStrictEqual } from "node:util";
import type { NodeProxy, ProxyConfig } from "../crds/api.ts";
import type { Clock } from "../platform/clock.ts";
import { agentSilenceMs } from "./plan/judge-node.ts";
import type { ClusterNode, ClusterView } from "./plan/cluster-view.ts";

/**
 * The newest known state of everything the plan looks at, kept up to date by watches and by the answers to our own
 * writes. Calls `onChange` when a plan could come out differently.
 */
export class ClusterCache {
  readonly #proxyConfigs = new Map<string, ProxyConfig>();
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #nodeProxies = new Map<string, NodeProxy>();
  readonly #clock: Clock;
  readonly #onChange: () => void;

  constructor({ clock, onChange }: { readonly clock: Clock; readonly onChange: () => void }) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  setProxyConfig(proxyConfig: ProxyConfig): void {
    this.#replace(this.#proxyConfigs, proxyConfig.metadata.name, proxyConfig);
  }

  setNode(node: ClusterNode): void {
    this.#replace(this.#nodes, node.name, node);
  }

  /** A heartbeat alone is no change, or thousands of agents would keep the operator busy for nothing. */
  setNodeProxy(nodeProxy: NodeProxy): void {
    const { name } = nodeProxy.metadata;
    const previous = this.#nodeProxies.get(name);
    this.#nodeProxies.set(name, nodeProxy);
    const isHeartbeat =
      previous !== undefined &&
      isDeepStrictEqual(withoutHeartbeat(previous), withoutHeartbeat(nodeProxy)) &&
      !endsSilence(previous, nodeProxy, this.#clock.now());
    if (!isHeartbeat) this.#onChange();
  }

  deleteProxyConfig(name: string): void {
    if (this.#proxyConfigs.delete(name)) this.#onChange();
  }

  deleteNode(name: string): void {
    if (this.#nodes.delete(name)) this.#onChange();
  }

  deleteNodeProxy(name: string): void {
    if (this.#nodeProxies.delete(name)) this.#onChange();
  }

  view(nowMs: number): ClusterView {
    return {
      proxyConfigs: [...this.#proxyConfigs.values()],
      nodes: [...this.#nodes.values()],
      nodeProxies: [...this.#nodeProxies.values()],
      nowMs,
    };
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

/** Whether a plan may have judged the node silent until this heartbeat came. */
function endsSilence({ status: before }: NodeProxy, { status: now }: NodeProxy, nowMs: number): boolean {
  if (before?.heartbeatAt === now?.heartbeatAt) return false;
  return before?.heartbeatAt === undefined || nowMs - Date.parse(before.heartbeatAt) >= agentSilenceMs;
}
