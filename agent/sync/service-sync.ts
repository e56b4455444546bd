import type { NodeProxyConfig, NodeProxySpec, ProxyMode } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import { DueTimer } from "../../platform/async/due-timer.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import type { Logger } from "../../platform/log.ts";
import type { Clause } from "../../platform/text/clause.ts";
import type { LocalNode } from "../node/local-node.ts";
import { type CatalogChanges, ServiceCatalog } from "../services/catalog/service-catalog.ts";
import type { ConnectionReading } from "../services/catalog/service-dynamics.ts";
import type { DesiredState, ServiceName } from "../services/desired-state.ts";
import { findNodeProblems } from "../services/find-node-problems.ts";
import type { NodeFacts } from "../services/node-facts.ts";
import { selectsByNamespace } from "../services/policy/selects-by-namespace.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import { ClusterFeed } from "../watch/cluster-feed.ts";
import type { WatchedKind } from "../watch/cluster-watch.ts";
import type { StoredObjects } from "../watch/stored-objects.ts";
import type { ModeSwitch } from "./mode-switch.ts";
import type { ModeRouter } from "./router.ts";
import { type LastSync, SyncLoop } from "./sync-loop.ts";
import type { SyncOutcome } from "./sync-outcome.ts";

export interface ServiceSyncDeps {
  readonly client: ApiClient;
  readonly node: LocalNode;
  readonly modes: ModeSwitch;
  readonly router: ModeRouter;
  /** Where the objects of the cluster are kept for a start without the API server. */
  readonly storedObjects: StoredObjects;
  readonly observer: ServiceSyncObserver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Called when something happens that other parts of the agent act on. */
export interface ServiceSyncObserver {
  /** An API event about an object of the kind has arrived. */
  readonly onChange: (kind: WatchedKind) => void;
  /** The first list of the kind is complete. */
  readonly onListed: (kind: WatchedKind) => void;
  /** A sync starts with all changes so far. */
  readonly onTake: () => void;
  readonly onOutcome: (outcome: SyncOutcome) => void;
  /** The kernel matches the latest state of `catalog`. */
  readonly onInStep: (catalog: ServiceCatalog, last: LastSync & { readonly config: NodeProxyConfig }) => void;
  /** The state of {@link ServiceSync} may have changed without a sync. */
  readonly onFactsChange: () => void;
}

/** Keeps the Services of the cluster in the kernel of this node, under settings that may change at any time. */
export class ServiceSync {
  readonly #deps: ServiceSyncDeps;
  readonly #catalog: ServiceCatalog;
  readonly #feed: ClusterFeed;
  readonly #loop: SyncLoop;
  /** When a new endpoint gets a larger share. */
  readonly #nextShare: DueTimer;
  #settings: NodeProxySpec;
  #node: NodeFacts;
  #desired: DesiredState | undefined;

  constructor(deps: ServiceSyncDeps, settings: NodeProxySpec) {
    const { node, modes, router, observer, clock, signal } = deps;
    this.#deps = deps;
    this.#settings = settings;
    this.#node = node.readFacts(settings.node);
    this.#catalog = new ServiceCatalog({ config: settings.config, node: this.#node });
    this.#feed = new ClusterFeed({
      ...deps,
      catalog: this.#catalog,
      needsNamespaces: () => selectsByNamespace(this.#settings.config),
      hasRules: () => modes.haveRules(),
      onChange: (kind) => this.#onChange(kind),
      onListed: observer.onListed,
      onReadinessChange: () => this.#onReadinessChange(),
    });
    this.#loop = new SyncLoop({
      modes,
      router,
      takeChanges: () => this.#takeChanges(),
      isReady: () => this.#feed.isReady,
      onOutcome: observer.onOutcome,
      onInStep: ({ refilled, moved }) =>
        observer.onInStep(this.#catalog, { config: this.#settings.config, refilled, moved }),
      clock,
    });
    this.#loop.setSettings(settings);
    this.#nextShare = new DueTimer({ clock, signal, onDue: () => this.#loop.requestSync() });
  }

  /** Resolves when the signal aborts and the sync that was running then is done. Never rejects. */
  async run(): Promise<void> {
    const { node, observer, signal } = this.#deps;
    const nodeObserver = {
      onAddressesChange: () => this.#refreshNode(),
      onInterfacesChange: observer.onFactsChange,
    };
    await Promise.all([this.#feed.run(), this.#loop.run(signal), node.watch(nodeObserver, signal)]);
  }

  /** Compiles and syncs Services under these settings from now on. */
  apply(settings: NodeProxySpec): void {
    this.#settings = settings;
    this.#node = this.#deps.node.readFacts(settings.node);
    this.#catalog.setConfig(settings.config);
    this.#catalog.setNode(this.#node);
    this.#loop.setSettings(settings);
  }

  /** Starts to watch the Namespaces, for settings that select Services by their labels. */
  followNamespaces(): void {
    this.#feed.followNamespaces();
  }

  /** Another process has changed the kernel state of a mode: all of it is rewritten. */
  requestRepair(mode: ProxyMode): void {
    this.#loop.requestRepair(mode);
  }

  /** Services that ask for LeastConnection. */
  get leastConnectionServices(): ReadonlySet<ServiceName> {
    return this.#catalog.leastConnectionServices;
  }

  setConnections(reading: ConnectionReading): void {
    this.#catalog.setConnections(reading);
    this.#requestChanges();
  }

  /** Kinds of objects whose first list has to arrive before anything is written to the kernel. */
  waitingFor(): readonly WatchedKind[] {
    return this.#feed.waitingFor();
  }

  /** See {@link ClusterFeed.staleSinceMs}. */
  staleSinceMs(): number | undefined {
    return this.#feed.staleSinceMs;
  }

  /** How long the oldest change has been waiting for the kernel, in milliseconds; undefined when none does. */
  oldestChangeMs(): number | undefined {
    return this.#loop.oldestChangeMs();
  }

  /** As of the start of the newest sync; undefined before the first. */
  desired(): DesiredState | undefined {
    return this.#desired;
  }

  /** What Services ask for and do not get, as of the start of the newest sync. */
  problems(): readonly ServiceProblem[] {
    return this.#catalog.problems();
  }

  /** What the current settings name and the node does not have. */
  nodeProblems(): readonly Clause[] {
    return findNodeProblems({
      config: this.#settings.config,
      addresses: this.#node.addresses,
      interfaces: this.#deps.node.interfaceNames,
      services: this.#catalog.objects.services,
    });
  }

  #takeChanges(): CatalogChanges {
    const changes = this.#catalog.takeChanges(this.#deps.clock.monotonicMs());
    this.#desired = changes.desired;
    this.#nextShare.set(changes.nextChangeMs);
    this.#deps.observer.onTake();
    return changes;
  }

  #onChange(kind: WatchedKind): void {
    this.#deps.observer.onChange(kind);
    this.#requestChanges();
  }

  #onReadinessChange(): void {
    this.#deps.observer.onFactsChange();
    this.#loop.requestSync();
  }

  #refreshNode(): void {
    this.#node = this.#deps.node.readFacts(this.#settings.node);
    this.#catalog.setNode(this.#node);
    this.#requestChanges();
    this.#deps.observer.onFactsChange();
  }

  #requestChanges(): void {
    if (this.#catalog.hasChanges()) this.#loop.requestSync();
  }
}
