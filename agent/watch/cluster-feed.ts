import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import type { Logger } from "../../platform/log.ts";
import type { ServiceCatalog } from "../services/catalog/service-catalog.ts";
import { bridgeOutage } from "./bridge-outage.ts";
import { ClusterWatch, type WatchedKind } from "./cluster-watch.ts";
import type { StoredObjects } from "./stored-objects.ts";
import type { StoredSnapshot } from "./stored-objects-format.ts";

export interface ClusterFeedDeps {
  readonly client: ApiClient;
  readonly catalog: ServiceCatalog;
  readonly storedObjects: StoredObjects;
  /** Whether the current settings select Services by the labels of their Namespaces. */
  readonly needsNamespaces: () => boolean;
  /** Whether the kernel has rules of ours. */
  readonly hasRules: () => Promise<boolean>;
  /** The catalog has received a change of the kind. */
  readonly onChange: (kind: WatchedKind) => void;
  /** The first list of the kind is complete. */
  readonly onListed: (kind: WatchedKind) => void;
  /** {@link ClusterFeed.isReady} or {@link ClusterFeed.staleSinceMs} may differ. */
  readonly onReadinessChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Fills the catalog with the objects of the cluster: those of the API server, or those that an earlier run has stored while
 * the API server is away and the kernel has no rules.
 */
export class ClusterFeed {
  readonly #deps: ClusterFeedDeps;
  readonly #watch: ClusterWatch;
  #staleSinceMs: number | undefined;

  constructor(deps: ClusterFeedDeps) {
    const { client, catalog, clock, log, signal } = deps;
    this.#deps = deps;
    this.#watch = new ClusterWatch({
      client,
      catalog,
      onChange: (kind) => this.#onChange(kind),
      onListed: (kind) => this.#onListed(kind),
      clock,
      log,
      signal,
    });
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(): Promise<void> {
    const { catalog, storedObjects, hasRules, clock, signal } = this.#deps;
    this.#watch.start();
    await Promise.all([
      bridgeOutage({
        isWaiting: () => !this.#isLive(),
        hasRules,
        read: () => storedObjects.read(),
        serve: (snapshot) => this.#serveStored(snapshot),
        clock,
        signal,
      }),
      storedObjects.run(() => (this.#isComplete() ? catalog.objects : undefined), signal),
    ]);
  }

  /** Starts to watch the Namespaces, unless it already does. */
  followNamespaces(): void {
    this.#watch.needNamespaces();
  }

  /** Kinds of objects whose first list has to arrive before anything is written to the kernel. */
  waitingFor(): readonly WatchedKind[] {
    const unlisted = this.#watch.waitingFor();
    return this.#deps.needsNamespaces() ? unlisted : unlisted.filter((kind) => kind !== "Namespaces");
  }

  /** Whether the catalog knows enough to write to the kernel. */
  get isReady(): boolean {
    return this.#isLive() || this.#staleSinceMs !== undefined;
  }

  /**
   * When the stored objects that stand in for those of the API server were stored, in milliseconds since the epoch.
   * undefined when all objects come from the API server, and while there are none.
   */
  get staleSinceMs(): number | undefined {
    return this.#staleSinceMs;
  }

  /** Whether the API server has sent all objects that the current settings need. */
  #isLive(): boolean {
    return this.waitingFor().length === 0;
  }

  /** Whether the API server has sent all objects of every watched kind. */
  #isComplete(): boolean {
    return this.#watch.waitingFor().length === 0;
  }

  #serveStored(snapshot: StoredSnapshot): void {
    const { log, onReadinessChange } = this.#deps;
    const storedAt = new Date(snapshot.storedAtMs).toISOString();
    log.warn({ storedAt, objects: snapshot.size }, "serving what was stored until the API server answers");
    this.#staleSinceMs = snapshot.storedAtMs;
    this.#watch.restore(snapshot);
    onReadinessChange();
  }

  #onListed(kind: WatchedKind): void {
    const { catalog, log, onListed, onReadinessChange } = this.#deps;
    onListed(kind);
    if (this.#isLive() && this.#staleSinceMs !== undefined) {
      this.#staleSinceMs = undefined;
      catalog.forgetAges();
      log.info({}, "serving what the API server says again");
    }
    onReadinessChange();
  }

  #onChange(kind: WatchedKind): void {
    this.#deps.storedObjects.noteChange();
    this.#deps.onChange(kind);
  }
}
