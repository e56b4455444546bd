import type { NodeProxySpec, ProxyConfig, ProxyMode } from "../crds/api.ts";
import type { NodeFacts } from "../crds/node-facts.ts";
import type { Clock } from "../platform/async/clock.ts";
import type { ApiClient } from "../platform/kube/api-client.ts";
import type { EventRecorder } from "../platform/kube/events.ts";
import type { Logger } from "../platform/log.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import type { DataplaneRunner } from "./dataplane/runner.ts";
import { NodeDrift } from "./drift/node-drift.ts";
import { servePages } from "./http/serve-pages.ts";
import { type ChangeMetrics, createChangeMetrics } from "./metrics/change-metrics.ts";
import { createDriftMetrics } from "./metrics/drift-metrics.ts";
import { createSyncMetrics } from "./metrics/sync-metrics.ts";
import { countInModes, needsCounts, someNeedCounts } from "./node-services/connections/count-in-modes.ts";
import { ConnectionMonitor } from "./node-services/connections/connection-monitor.ts";
import { NodeServices, type NodeServicesDeps } from "./node-services/node-services.ts";
import { LocalNode } from "./node/local-node.ts";
import { OwnNode } from "./node/own-node.ts";
import type { AgentOptions } from "./options.ts";
import type { ConnectionCounts } from "./services/endpoints/endpoint-connections.ts";
import { modeProblem, needsNamespaces, type SettingsLadder, settingsToCheck } from "./settings/ladder.ts";
import { NodeSettings } from "./settings/node-settings.ts";
import type { AgentFacts } from "./status/agent-facts.ts";
import { FactCollector } from "./status/fact-collector.ts";
import { isProxyHealthy } from "./status/judge-health.ts";
import { Reporter } from "./status/reporter.ts";
import { ModeProbe } from "./sync/mode-probe.ts";
import { ModeSwitch } from "./sync/mode-switch.ts";
import { ModeRouter } from "./sync/router.ts";
import { ServiceSync, type ServiceSyncObserver } from "./sync/service-sync.ts";
import type { SyncOutcome } from "./sync/sync-outcome.ts";
import { StoredObjects } from "./watch/stored-objects.ts";

export interface AgentDeps {
  readonly options: AgentOptions;
  readonly version: string;
  /** Settings from a file; undefined takes them from the NodeProxy of the node. */
  readonly config: ProxyConfig | undefined;
  readonly tools: AgentFacts["tools"];
  readonly client: ApiClient;
  readonly runners: ReadonlyMap<ProxyMode, DataplaneRunner>;
  /** Open connections to endpoints that conntrack translates; may throw. */
  readonly countConnections: () => Promise<ConnectionCounts>;
  readonly flows: NodeServicesDeps["flows"];
  readonly writeKernelSettings: NodeServicesDeps["writeKernelSettings"];
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Follows the cluster and keeps this node's kernel in step until `signal` aborts; the rules stay in the kernel then.
 * No failure of the API server or of the kernel ends it.
 */
export async function runAgent(deps: AgentDeps, signal: AbortSignal): Promise<void> {
  await new Agent(deps, signal).run();
}

/** The wiring: makes the parts, and hands what one part learns to the parts that need it. */
class Agent {
  readonly #deps: AgentDeps;
  readonly #signal: AbortSignal;
  readonly #modes: ModeSwitch;
  readonly #router: ModeRouter;
  readonly #settings: NodeSettings;
  readonly #modeProbe: ModeProbe;
  readonly #node: OwnNode;
  readonly #reporter: Reporter;
  readonly #drift: NodeDrift;
  readonly #nodeServices: NodeServices;
  readonly #connections: ConnectionMonitor;
  readonly #facts: FactCollector;
  readonly #changeMetrics: ChangeMetrics;
  /** From the first settings on. */
  #services: ServiceSync | undefined;
  #servicesEnded: Promise<void> = Promise.resolve();

  constructor(deps: AgentDeps, signal: AbortSignal) {
    const { runners, metrics, clock, log } = deps;
    this.#deps = deps;
    this.#signal = signal;
    this.#modes = new ModeSwitch({ runners, log });
    this.#router = new ModeRouter({ runners, clock, log });
    this.#settings = this.#createSettings();
    this.#modeProbe = this.#createModeProbe();
    this.#node = this.#createNode();
    this.#reporter = this.#createReporter();
    this.#drift = this.#createDrift();
    this.#nodeServices = this.#createNodeServices();
    this.#connections = this.#createConnectionMonitor();
    this.#facts = this.#createFactCollector();
    this.#changeMetrics = createChangeMetrics(metrics.meter, clock);
  }

  async run(): Promise<void> {
    await Promise.all([
      this.#servePages(),
      this.#followApi(),
      this.#modeProbe.run(this.#signal),
      this.#reporter.run(this.#signal),
      this.#drift.run(this.#signal),
      this.#nodeServices.run(this.#signal),
      this.#connections.run(this.#signal),
    ]);
    await this.#servicesEnded;
    await this.#settings.settled();
    for (const runner of this.#deps.runners.values()) await runner.close();
  }

  async #followApi(): Promise<void> {
    await this.#settings.restore();
    await Promise.all([this.#node.run(this.#signal), this.#settings.run(this.#signal)]);
  }

  #onSettings(now: SettingsLadder, before: SettingsLadder): void {
    const { newest, candidate } = now;
    if (candidate !== undefined && candidate !== before.candidate) this.#apply(candidate);
    if (newest !== before.newest && needsNamespaces(now)) this.#services?.followNamespaces();
    const problem = modeProblem(now);
    if (problem !== undefined && problem !== modeProblem(before)) this.#reporter.reportModeProblem(problem);
    this.#modeProbe.reconsider();
  }

  #apply(settings: NodeProxySpec): void {
    if (this.#services === undefined) {
      this.#services = this.#createServices(settings);
      this.#servicesEnded = this.#services.run();
    } else {
      this.#services.apply(settings);
    }
    this.#drift.reconsider();
  }

  #onOutcome(outcome: SyncOutcome): void {
    this.#reporter.reportOutcome(outcome);
    if (outcome.kind === "success") this.#settings.tell({ kind: "synced", settings: outcome.settings });
  }

  #createSettings(): NodeSettings {
    const { options, config, client, clock, log } = this.#deps;
    return new NodeSettings({
      nodeName: options.nodeName,
      config,
      stateDir: options.stateDir,
      onChange: (now, before) => this.#onSettings(now, before),
      onNodeProxy: (nodeProxy) => this.#reporter.setNodeProxy(nodeProxy),
      client,
      clock,
      log,
    });
  }

  #createModeProbe(): ModeProbe {
    return new ModeProbe({
      modes: this.#modes,
      settings: () => settingsToCheck(this.#settings.ladder),
      onChecked: (settings, problem) => this.#settings.tell({ kind: "modeChecked", settings, problem }),
      clock: this.#deps.clock,
    });
  }

  #createNode(): OwnNode {
    const { options, client, clock, log } = this.#deps;
    const onFacts = (facts: NodeFacts): void => this.#settings.setNodeFacts(facts);
    return new OwnNode({ name: options.nodeName, onFacts, client, clock, log });
  }

  #createReporter(): Reporter {
    const { options, events, metrics, client, clock, log } = this.#deps;
    return new Reporter({
      api: client,
      collectFacts: () => this.#facts.statusFacts(),
      heartbeatMs: options.heartbeatSeconds * 1_000,
      events,
      metrics: createSyncMetrics(metrics.meter, clock.now()),
      clock,
      log,
    });
  }

  #createDrift(): NodeDrift {
    const { runners, metrics, clock, log } = this.#deps;
    return new NodeDrift({
      dataplanes: [...runners.values()].map(({ dataplane }) => dataplane),
      policy: () => this.#settings.ladder.candidate?.config.drift.policy ?? "Report",
      requestRepair: (mode) => this.#services?.requestRepair(mode),
      onEvent: (event) => this.#reporter.reportDrift(event),
      onFactsChange: () => this.#reporter.requestStatusWrite(),
      metrics: createDriftMetrics(metrics.meter, () => this.#drift.drifted()),
      clock,
      log,
    });
  }

  #createNodeServices(): NodeServices {
    const { flows, writeKernelSettings, events, metrics, clock, log } = this.#deps;
    return new NodeServices({
      serving: this.#router,
      flows,
      writeKernelSettings,
      isProxyHealthy: () => isProxyHealthy(this.#facts.healthFacts()),
      onProblemsChange: () => this.#reporter.requestStatusWrite(),
      events,
      meter: metrics.meter,
      clock,
      log,
    });
  }

  #createConnectionMonitor(): ConnectionMonitor {
    const { clock, log } = this.#deps;
    return new ConnectionMonitor({
      count: () => this.#countConnections(),
      isNeeded: () => someNeedCounts(this.#router, this.#services?.leastConnectionServices ?? []),
      concerns: (service) => needsCounts(this.#router, service),
      onReading: (reading) => this.#services?.setConnections(reading),
      clock,
      log,
    });
  }

  #countConnections(): Promise<ConnectionCounts> {
    return countInModes(this.#router, this.#deps.countConnections);
  }

  #createFactCollector(): FactCollector {
    const { version, tools, clock } = this.#deps;
    return new FactCollector({
      version,
      tools,
      settings: this.#settings,
      modes: this.#modes,
      serving: this.#router,
      record: this.#reporter.record,
      services: () => this.#services,
      nodeServices: this.#nodeServices,
      drift: this.#drift,
      node: this.#node,
      clock,
    });
  }

  #createServices(settings: NodeProxySpec): ServiceSync {
    const { options, client, clock, log } = this.#deps;
    const node = new LocalNode({ name: options.nodeName, clock, log });
    const storedObjects = new StoredObjects({ directory: options.stateDir, clock, log });
    const observer = this.#createServiceObserver();
    const parts = {
      client,
      node,
      modes: this.#modes,
      router: this.#router,
      storedObjects,
      observer,
      clock,
      log,
      signal: this.#signal,
    };
    return new ServiceSync(parts, settings);
  }

  #createServiceObserver(): ServiceSyncObserver {
    return {
      onChange: (kind) => {
        if (kind === "Services") this.#changeMetrics.count("service");
        if (kind === "EndpointSlices") this.#changeMetrics.count("endpoint");
      },
      onListed: (kind) => {
        if (kind === "Namespaces") this.#settings.tell({ kind: "namespacesListed" });
      },
      onTake: () => this.#changeMetrics.takeUp(),
      onOutcome: (outcome) => this.#onOutcome(outcome),
      onInStep: (catalog, last) => {
        this.#nodeServices.follow(catalog, last);
        this.#connections.reconsider();
      },
      onFactsChange: () => this.#reporter.requestStatusWrite(),
    };
  }

  #servePages(): Promise<void> {
    const { options, metrics, clock, log } = this.#deps;
    const countConnections = () => this.#countConnections();
    const pages = {
      options,
      metrics,
      facts: this.#facts,
      serving: this.#router,
      countConnections,
      clock,
      log,
    };
    return servePages(pages, this.#signal);
  }
}
