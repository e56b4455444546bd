import { networkInterfaces } from "node:os";
import type { NodeProxySpec } from "../crds/api.ts";
import type { Clock } from "../platform/async/clock.ts";
import type { ApiClient } from "../platform/kube/api-client.ts";
import type { Logger } from "../platform/log.ts";
import { bridgeOutage } from "./watch/bridge-outage.ts";
import type { ChangeMetrics } from "./metrics/change-metrics.ts";
import { InterfaceNames, readDevices } from "./node/interface-names.ts";
import { LocalAddresses } from "./node/local-addresses.ts";
import { ConnectionMonitor } from "./node-services/connections/connection-monitor.ts";
import { DueTimer } from "../platform/async/due-timer.ts";
import type { NodeServices } from "./node-services/node-services.ts";
import type { DesiredState } from "./services/desired-state.ts";
import type { ConnectionCounts } from "./services/endpoints/endpoint-connections.ts";
import { findNodeProblems } from "./services/find-node-problems.ts";
import { buildNodeFacts, type NodeFacts } from "./services/node-facts.ts";
import { selectsByNamespace } from "./services/policy/selects-by-namespace.ts";
import { ServiceCatalog } from "./services/catalog/service-catalog.ts";
import type { ServiceProblem } from "./services/service-problem.ts";
import { allowSameModes } from "./sync/choose-mode.ts";
import { ModeProbe } from "./sync/mode-probe.ts";
import type { ModeSwitch } from "./sync/mode-switch.ts";
import { SyncLoop } from "./sync/sync-loop.ts";
import type { SyncOutcome } from "./sync/sync-outcome.ts";
import { ClusterWatch, type WatchedKind } from "./watch/cluster-watch.ts";
import type { StoredObjects } from "./watch/stored-objects.ts";
import type { StoredSnapshot } from "./watch/stored-objects-format.ts";

export interface ServiceProxyDeps {
  readonly nodeName: string;
  readonly client: ApiClient;
  readonly modes: ModeSwitch;
  readonly changeMetrics: ChangeMetrics;
  /** Open connections that this node has sent to endpoints; may throw. */
  readonly countConnections: () => Promise<ConnectionCounts>;
  /** The kinds that have not been listed are fewer now. */
  readonly onListed: () => void;
  readonly onOutcome: (outcome: SyncOutcome) => void;
  /** {@link ServiceProxy.modeProblem} differs from before. */
  readonly onModeProblem: (problem: string) => void;
  /** {@link ServiceProxy.nodeProblems} may differ from before, without a sync. */
  readonly onNodeProblemsChange: () => void;
  readonly nodeServices: NodeServices;
  /** Where the objects of the cluster are kept for a start without the API server. */
  readonly storedObjects: StoredObjects;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** From the objects of the cluster to the kernel of this node, under settings that may change at any time. */
export class ServiceProxy {
  readonly #deps: ServiceProxyDeps;
  readonly #catalog: ServiceCatalog;
  readonly #watch: ClusterWatch;
  readonly #loop: SyncLoop;
  readonly #modeProbe: ModeProbe;
  readonly #connections: ConnectionMonitor;
  readonly #addresses: LocalAddresses;
  readonly #interfaces: InterfaceNames;
  /** When a new endpoint gets a larger share. */
  readonly #nextShare: DueTimer;
  #settings: NodeProxySpec;
  #settingsInForce: NodeProxySpec;
  /** Whether a sync under the settings in force, or under some before them, was successful, perhaps of an earlier run. */
  #isProven: boolean;
  #node: NodeFacts;
  #desired: DesiredState | undefined;
  /** When the objects were stored that stand in for those of the API server; undefined once all are its own. */
  #staleSinceMs: number | undefined;

  /** @param options.isProven the settings have been in force before, in an earlier run */
  constructor(deps: ServiceProxyDeps, settings: NodeProxySpec, { isProven }: { readonly isProven: boolean }) {
    const { client, modes, clock, log, signal } = deps;
    this.#deps = deps;
    this.#settings = settings;
    this.#settingsInForce = settings;
    this.#isProven = isProven;
    this.#addresses = new LocalAddresses({ listInterfaces: networkInterfaces, clock, log });
    this.#interfaces = new InterfaceNames({ readDevices, clock });
    this.#interfaces.read();
    this.#node = this.#nodeFacts();
    this.#catalog = new ServiceCatalog({ config: settings.config, node: this.#node });
    this.#watch = new ClusterWatch({
      client,
      clock,
      log,
      signal,
      catalog: this.#catalog,
      onChange: (kind) => this.#onChange(kind),
      onListed: () => this.#onListed(),
    });
    this.#modeProbe = new ModeProbe({
      modes,
      onUsable: () => this.#bringIntoForceUnlessWaiting(),
      onProblem: (problem) => this.#onModeProblem(problem),
      clock,
    });
    this.#loop = new SyncLoop({
      modes,
      onOutcome: (outcome) => this.#onOutcome(outcome),
      onInStep: (last) =>
        deps.nodeServices.follow(this.#catalog, { config: this.#settingsInForce.config, ...last }),
      clock,
      takeChanges: () => {
        deps.changeMetrics.takeUp();
        const changes = this.#catalog.takeChanges(clock.monotonicMs());
        this.#desired = changes.desired;
        this.#nextShare.set(changes.nextChangeMs);
        this.#connections.reconsider();
        return changes;
      },
      isReady: () => this.#isLive() || this.#staleSinceMs !== undefined,
    });
    this.#nextShare = new DueTimer({ clock, signal, onDue: () => this.#loop.requestSync() });
    this.#connections = new ConnectionMonitor({
      clock,
      log,
      count: deps.countConnections,
      isNeeded: () => this.#catalog.needsConnections && modes.chosen()?.hasLeastConnection !== true,
      onReading: (reading) => {
        this.#catalog.setConnections(reading);
        this.#requestChanges();
      },
    });
  }

  /** Resolves when the signal aborts and the sync that was running then is done. Never rejects. */
  async run(): Promise<void> {
    const { modes, storedObjects, clock, signal } = this.#deps;
    this.#watch.start();
    this.setSettings(this.#settings);
    await Promise.all([
      this.#loop.run(signal),
      this.#modeProbe.run(signal),
      bridgeOutage({
        isWaiting: () => !this.#isLive(),
        hasRules: () => modes.haveRules(),
        read: () => storedObjects.read(),
        serve: (snapshot) => this.#serveStored(snapshot),
        clock,
        signal,
      }),
      storedObjects.run(() => (this.#isComplete() ? this.#catalog.objects : undefined), signal),
      this.#connections.run(signal),
      this.#addresses.watch(() => this.#refreshNode(), signal),
      this.#interfaces.watch(this.#deps.onNodeProblemsChange, signal),
    ]);
  }

  /** The newest settings. */
  get settings(): NodeProxySpec {
    return this.#settings;
  }

  /** Those that the kernel follows, or will after the next sync. */
  get settingsInForce(): NodeProxySpec {
    return this.#settingsInForce;
  }

  /**
   * Brings settings into force at once; when the Namespaces are listed, if they select by them; when the node can run a mode
   * of theirs, if those before have proved good. Until then those before stay in force and Services are followed. The first
   * settings have none before them.
   */
  setSettings(settings: NodeProxySpec): void {
    this.#settings = settings;
    if (selectsByNamespace(settings.config)) this.#watch.needNamespaces();
    const runsAlready = allowSameModes(settings.config, this.#settingsInForce.config);
    this.#modeProbe.lookFor(this.#isProven && !runsAlready ? settings : undefined);
    const waitingFor = this.settingsWaitFor();
    if (waitingFor.length > 0)
      this.#deps.log.info({ revision: settings.revision, waitingFor }, "new settings wait");
    this.#bringIntoForceUnlessWaiting();
  }

  /**
   * Why the node can run no mode of the newest settings, while earlier ones stay in force, without a full stop; undefined when
   * it can, or when that is not known.
   */
  modeProblem(): string | undefined {
    return this.#modeProbe.problem;
  }

  /** Kinds of objects whose first list has to arrive before the newest settings come into force; empty when they are. */
  settingsWaitFor(): readonly WatchedKind[] {
    if (this.#settings === this.#settingsInForce || !selectsByNamespace(this.#settings.config)) return [];
    return this.#watch.waitingFor().filter((kind) => kind === "Namespaces");
  }

  /** Others have changed what is in the kernel: everything is programmed anew. */
  requestRepair(): void {
    this.#loop.requestRepair();
  }

  /** Kinds of objects whose first list has to arrive before anything is written to the kernel. */
  waitingFor(): readonly WatchedKind[] {
    const unlisted = this.#watch.waitingFor();
    return selectsByNamespace(this.#settingsInForce.config)
      ? unlisted
      : unlisted.filter((kind) => kind !== "Namespaces");
  }

  /**
   * Of when the Services are that are served, in milliseconds since the epoch, while the API server has not yet told all of
   * them since the agent started; undefined when they are those of the API server, or when nothing is served by this agent.
   */
  staleSinceMs(): number | undefined {
    return this.#staleSinceMs;
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
    return [...this.#catalog.problems(), ...this.#deps.nodeServices.problems()];
  }

  /** What the settings in force name and the node does not have, each one clause without a full stop. */
  nodeProblems(): readonly string[] {
    return findNodeProblems({
      config: this.#settingsInForce.config,
      addresses: this.#node.addresses,
      interfaces: this.#interfaces.known,
      services: this.#catalog.objects.services,
    });
  }

  #bringIntoForceUnlessWaiting(): void {
    if (this.settingsWaitFor().length > 0 || this.#modeProbe.isLooking) return;
    const settings = this.#settings;
    this.#settingsInForce = settings;
    this.#catalog.setConfig(settings.config);
    this.#node = this.#nodeFacts();
    this.#catalog.setNode(this.#node);
    this.#loop.setSettings(settings);
  }

  /** Whether the API server has told all that the settings in force need. */
  #isLive(): boolean {
    return this.waitingFor().length === 0;
  }

  /** Whether the API server has told all of every kind. */
  #isComplete(): boolean {
    return this.#watch.waitingFor().length === 0;
  }

  #serveStored(snapshot: StoredSnapshot): void {
    const { log, onListed } = this.#deps;
    const storedAt = new Date(snapshot.storedAtMs).toISOString();
    log.warn({ storedAt, objects: snapshot.size }, "serving what was stored until the API server answers");
    this.#staleSinceMs = snapshot.storedAtMs;
    this.#watch.restore(snapshot);
    onListed();
    this.#loop.requestSync();
  }

  #onListed(): void {
    if (this.#settings !== this.#settingsInForce) this.#bringIntoForceUnlessWaiting();
    if (this.#isLive() && this.#staleSinceMs !== undefined) {
      this.#staleSinceMs = undefined;
      this.#catalog.forgetAges();
      this.#deps.log.info({}, "serving what the API server says again");
    }
    this.#deps.onListed();
    this.#loop.requestSync();
  }

  #onOutcome(outcome: SyncOutcome): void {
    if (outcome.kind === "success") this.#isProven = true;
    this.#deps.onOutcome(outcome);
  }

  #onModeProblem(problem: string): void {
    const { log, onModeProblem } = this.#deps;
    const { revision } = this.#settings;
    log.warn({ revision, reason: problem }, "new settings wait for a mode the node can run");
    onModeProblem(problem);
  }

  #onChange(kind: WatchedKind): void {
    this.#deps.storedObjects.noteChange();
    if (kind === "Services") this.#deps.changeMetrics.count("service");
    if (kind === "EndpointSlices") this.#deps.changeMetrics.count("endpoint");
    this.#requestChanges();
  }

  #refreshNode(): void {
    this.#node = this.#nodeFacts();
    this.#catalog.setNode(this.#node);
    this.#requestChanges();
    this.#deps.onNodeProblemsChange();
  }

  #requestChanges(): void {
    if (this.#catalog.hasChanges()) this.#loop.requestSync();
  }

  #nodeFacts(): NodeFacts {
    return buildNodeFacts(this.#deps.nodeName, this.#settingsInForce.node, this.#addresses.read());
  }
}
