import { ResourceEventType, type ResourceEvent } from "@dot-i/k8s-operator";
import type { Contact, Progress } from "../../platform/kube/reflector.ts";
import { resources, type Resource } from "../../platform/kube/resources.ts";
import { historySelector, parseControllerRevision } from "../plan/history/controller-revision.ts";
import type { ClusterCache } from "./cluster-cache.ts";
import { parseNode, parseNodeProxy, parseProxyConfig } from "./parse-objects.ts";
import { ResourceWatcher, type ResourceWatcherOptions } from "./resource-watcher.ts";

interface CacheEntry {
  set(object: unknown): void;
  delete(name: string): void;
}

export interface ClusterWatcherOptions extends ResourceWatcherOptions {
  readonly cache: ClusterCache;
  /** Of the ControllerRevisions. */
  readonly namespace: string;
}

/** Keeps the cache in sync with the cluster. `start` resolves when the cache holds all objects. */
export class ClusterWatcher extends ResourceWatcher {
  readonly #cache: ClusterCache;

  readonly #namespace: string;

  constructor({ cache, namespace, ...options }: ClusterWatcherOptions) {
    super(options);
    this.#cache = cache;
    this.#namespace = namespace;
  }

  protected override async init(): Promise<void> {
    const cache = this.#cache;
    await Promise.all([
      this.#follow(resources.proxyConfigs, {
        set: (object) => cache.setProxyConfig(parseProxyConfig(object)),
        delete: (name) => cache.deleteProxyConfig(name),
      }),
      this.#follow(resources.nodes, {
        set: (object) => cache.setNode(parseNode(object)),
        delete: (name) => cache.deleteNode(name),
      }),
      this.#follow(resources.nodeProxies, {
        set: (object) => cache.setNodeProxy(parseNodeProxy(object)),
        delete: (name) => cache.deleteNodeProxy(name),
      }),
      this.#follow(
        resources.controllerRevisions,
        {
          set: (object) => cache.setRevision(parseControllerRevision(object)),
          delete: (name) => cache.deleteRevision(name),
        },
        { namespace: this.#namespace, labelSelector: historySelector },
      ),
    ]);
  }

  protected override onContact(plural: string, contact: Contact): void {
    if (plural === resources.nodeProxies.plural) this.#cache.nodeProxyContact(contact);
  }

  protected override onProgress(plural: string, progress: Progress): void {
    this.#cache.progressed(plural, progress);
  }

  async #follow(
    { group, version, plural }: Resource,
    entry: CacheEntry,
    { namespace, labelSelector }: { readonly namespace?: string; readonly labelSelector?: string } = {},
  ): Promise<void> {
    const onEvent = async ({ type, meta, object }: ResourceEvent) => {
      if (type === ResourceEventType.Deleted) entry.delete(meta.name);
      else entry.set(object);
    };
    await this.watchResource(group, version, plural, onEvent, namespace, labelSelector);
  }
}
