import { isDeepStrictEqual } from "node:util";
import {
  apiGroupVersion,
  type NodeProxy,
  type NodeProxySpec,
  type ProxyConfig,
  type ProxyMode,
} from "../crds/api.ts";
import type { Clock } from "../platform/async/clock.ts";
import { errorMessage } from "../platform/errors.ts";
import type { ApiClient } from "../platform/kube/api-client.ts";
import type { EventRecorder } from "../platform/kube/events.ts";
import { resources } from "../platform/kube/resources.ts";
import type { Logger } from "../platform/log.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { FrontendCounters } from "./metrics/frontend-counters.ts";
import { createServiceConnections } from "./metrics/service-metrics.ts";
import type { Dataplane, FrontendCount } from "./dataplane/dataplane.ts";
import { type DriftEvent, type DriftFacts, DriftGuard } from "./drift/drift-guard.ts";
import { createDriftMetrics } from "./metrics/drift-metrics.ts";
import { type HealthFacts, isProxyHealthy } from "./status/judge-health.ts";
import { nextPresence, type NodePresence } from "./node/node-presence.ts";
import { createChangeMetrics } from "./metrics/change-metrics.ts";
import { observeState } from "./metrics/state-metrics.ts";
import { createSyncMetrics, type SyncMetrics } from "./metrics/sync-metrics.ts";
import { nodeSettingsOf } from "./settings/config-file.ts";
import { type ObservedNode, observeNode } from "./node/observe-node.ts";
import { StoredSettings } from "./settings/stored-settings.ts";
import type { ToolVersions } from "./node/tool-versions.ts";
import type { AgentOptions } from "./options.ts";
import type { ConnectionCounts } from "./services/endpoints/endpoint-connections.ts";
import { servePages } from "./http/serve-pages.ts";
import { ServiceProxy, type ServiceProxyDeps } from "./service-proxy.ts";
import { NodeServices, type NodeServicesDeps } from "./node-services/node-services.ts";
import type { AgentFacts } from "./status/agent-facts.ts";
import { findNotableEvents, type NotableEvent } from "./status/notable-events.ts";
import { StatusWriter } from "./status/status-writer.ts";
import { logOutcome } from "./sync/log-outcome.ts";
import { ModeSwitch } from "./sync/mode-switch.ts";
import type { SyncOutcome } from "./sync/sync-outcome.ts";
import { SyncRecord } from "./sync/sync-record.ts";
import { type NodeProxyReading, parseNodeProxy } from "./settings/parse-node-proxy.ts";
import { StoredObjects } from "./watch/stored-objects.ts";
import { watchObject } from "./watch/watch-object.ts";

export interface AgentDeps {
  readonly options: AgentOptions;
  readonly version: string;
  /** Settings from a file; undefined takes them from the NodeProxy of the node. */
  readonly config: ProxyConfig | undefined;
  readonly tools: ToolVersions;
  readonly client: ApiClient;
  readonly dataplanes: ReadonlyMap<ProxyMode, Dataplane>;
  /** Open connections that this node has sent to endpoints; may throw. */
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

/** The wiring: what one part learns is handed to the parts that need it. */
class Agent {
  readonly #deps: AgentDeps;
  readonly #signal: AbortSignal;
  readonly #modes: ModeSwitch;
  readonly #record = new SyncRecord();
  readonly #statusWriter: StatusWriter;
  readonly #storedSettings: StoredSettings;
  readonly #syncMetrics: SyncMetrics;
  readonly #drift: DriftGuard;
  readonly #nodeServices: NodeServices;
  readonly #counters: FrontendCounters;
  readonly #proxyDeps: ServiceProxyDeps;
  readonly #connection: Pick<ServiceProxyDeps, "client" | "clock" | "log" | "signal">;
  #node: NodePresence = { kind: "unknown" };
  #nodeProxy: Pick<NodeProxy, "metadata"> | undefined;
  /** Why the settings of the NodeProxy cannot be used, without a full stop; undefined when they can, or when there are none. */
  #unusable: string | undefined;
  /** From the first settings on. */
  #proxy: ServiceProxy | undefined;
  #proxyEnded: Promise<void> = Promise.resolve();

  constructor(deps: AgentDeps, signal: AbortSignal) {
    const { options, client, dataplanes, countConnections, events, metrics, clock, log } = deps;
    this.#deps = deps;
    this.#signal = signal;
    this.#modes = new ModeSwitch({ dataplanes, log });
    this.#storedSettings = new StoredSettings({ directory: options.stateDir, log });
    this.#syncMetrics = createSyncMetrics(metrics.meter, clock.now());
    this.#statusWriter = new StatusWriter({
      api: client,
      collectFacts: () => this.#statusFacts(),
      heartbeatMs: options.heartbeatSeconds * 1_000,
      clock,
      log,
    });
    this.#drift = new DriftGuard({
      policy: () => this.#proxy?.settingsInForce.config.drift.policy ?? "Report",
      requestRepair: () => this.#proxy?.requestRepair(),
      onEvent: (event) => this.#recordEvents([event]),
      onFactsChange: () => this.#statusWriter.requestWrite(),
      metrics: createDriftMetrics(metrics.meter, () => this.#drift.isDrifted),
      clock,
      log,
    });
    for (const dataplane of dataplanes.values()) dataplane.watchDrift?.(this.#drift);
    this.#nodeServices = new NodeServices({
      flows: deps.flows,
      writeKernelSettings: deps.writeKernelSettings,
      isProxyHealthy: () => isProxyHealthy(this.#healthFacts()),
      onProblemsChange: () => this.#statusWriter.requestWrite(),
      events,
      meter: metrics.meter,
      clock,
      log,
    });
    this.#connection = { client, clock, log, signal };
    this.#proxyDeps = {
      ...this.#connection,
      nodeName: options.nodeName,
      modes: this.#modes,
      changeMetrics: createChangeMetrics(metrics.meter, clock),
      countConnections,
      onListed: () => this.#statusWriter.requestWrite(),
      onOutcome: (outcome) => this.#onOutcome(outcome),
      onNodeProblemsChange: () => this.#statusWriter.requestWrite(),
      onModeProblem: (problem) => this.#onModeProblem(problem),
      nodeServices: this.#nodeServices,
      storedObjects: new StoredObjects({ directory: options.stateDir, clock, log }),
    };
    observeState(metrics.meter, {
      lastSuccess: () => this.#record.lastSuccess,
      desired: () => this.#proxy?.desired(),
      problemCount: () => this.#proxy?.problems().length ?? 0,
      staleSinceMs: () => this.#proxy?.staleSinceMs(),
    });
    this.#counters = new FrontendCounters({ read: () => this.#readFrontendCounts(), clock });
    if (options.serviceMetrics > 0) {
      const connections = createServiceConnections({
        size: options.serviceMetrics,
        counters: this.#counters,
        desired: () => this.#proxy?.desired(),
        log,
      });
      metrics.addPassingCounter(connections);
    }
  }

  async run(): Promise<void> {
    await Promise.all([
      this.#servePages(),
      this.#followNode(),
      this.#deps.config === undefined ? this.#followNodeProxy() : undefined,
      this.#statusWriter.run(this.#signal),
      this.#drift.run(this.#signal),
      this.#nodeServices.run(this.#signal),
    ]);
    await this.#proxyEnded;
    await this.#storedSettings.settled();
    for (const dataplane of this.#deps.dataplanes.values()) await dataplane.close();
  }

  async #followNode(): Promise<void> {
    const { config } = this.#deps;
    const stored = config === undefined ? undefined : await this.#storedSettings.read();
    if (config !== undefined && stored !== undefined) {
      this.#applyStored(stored, { isProven: true });
      this.#applyStored(nodeSettingsOf(config, stored.node), { isProven: false });
    }
    await watchObject({
      ...this.#connection,
      resource: resources.nodes,
      name: this.#deps.options.nodeName,
      read: observeNode,
      onChange: (node) => this.#onNode(node),
    });
  }

  async #followNodeProxy(): Promise<void> {
    const stored = await this.#storedSettings.read();
    if (stored !== undefined) this.#applyStored(stored, { isProven: true });
    await watchObject({
      ...this.#connection,
      resource: resources.nodeProxies,
      name: this.#deps.options.nodeName,
      read: parseNodeProxy,
      onChange: (reading) => this.#onNodeProxy(reading),
    });
  }

  #onNode(node: ObservedNode | undefined): void {
    const { config, log } = this.#deps;
    this.#node = nextPresence(this.#node, node);
    if (node === undefined) log.warn({ node: this.#deps.options.nodeName }, "the Node does not exist");
    else if (config !== undefined) this.#applySettings(nodeSettingsOf(config, node.facts));
  }

  /** Without a NodeProxy that can be used the node keeps the settings it has. */
  #onNodeProxy(reading: NodeProxyReading | undefined): void {
    const { options, log } = this.#deps;
    const node = options.nodeName;
    const unusable = reading?.kind === "unusable" ? reading.reason : undefined;
    if (reading === undefined) log.warn({ node }, "no ProxyConfig is in force for this node");
    if (unusable !== undefined && unusable !== this.#unusable)
      log.warn({ node, reason: unusable }, "the NodeProxy cannot be used, keeping the settings there are");
    this.#nodeProxy = reading?.nodeProxy;
    this.#unusable = unusable;
    if (reading?.kind === "usable") this.#applySettings(reading.nodeProxy.spec);
    this.#statusWriter.setNodeProxy(reading?.nodeProxy);
  }

  /** Settings that another version of the agent stored may lack what this one needs: the API server has the newest anyway. */
  #applyStored(settings: NodeProxySpec, proof: { readonly isProven: boolean }): void {
    try {
      this.#applySettings(settings, proof);
    } catch (error) {
      this.#deps.log.warn({ reason: errorMessage(error) }, "stored settings are of no use to this version");
    }
  }

  /** @param options.isProven they have been in force before, in an earlier run */
  #applySettings(
    settings: NodeProxySpec,
    { isProven }: { readonly isProven: boolean } = { isProven: false },
  ): void {
    if (isDeepStrictEqual(settings, this.#proxy?.settings)) return;
    const { configName, revision, config } = settings;
    this.#deps.log.info({ config: configName, revision, mode: config.mode }, "new settings");
    if (this.#proxy === undefined) {
      this.#proxy = new ServiceProxy(this.#proxyDeps, settings, { isProven });
      this.#proxyEnded = this.#proxy.run();
    } else {
      this.#proxy.setSettings(settings);
    }
    this.#drift.reconsider();
  }

  #onOutcome(outcome: SyncOutcome): void {
    logOutcome(this.#deps.log, outcome);
    this.#recordEvents(findNotableEvents(outcome, this.#record.lastSuccess));
    this.#record.add(outcome);
    this.#syncMetrics.record(outcome);
    this.#statusWriter.requestWrite();
    if (outcome.kind === "success") this.#storedSettings.store(outcome.settings);
  }

  #onModeProblem(message: string): void {
    this.#recordEvents([{ type: "Warning", reason: "ModeUnsupported", message }]);
    this.#statusWriter.requestWrite();
  }

  #recordEvents(notable: readonly (NotableEvent | DriftEvent)[]): void {
    if (this.#nodeProxy === undefined) return;
    const { name, uid } = this.#nodeProxy.metadata;
    const regarding = {
      apiVersion: apiGroupVersion,
      kind: "NodeProxy",
      name,
      ...(uid === undefined ? {} : { uid }),
    };
    for (const event of notable) this.#deps.events.record({ regarding, ...event });
  }

  #waitingFor(): readonly string[] {
    if (this.#proxy !== undefined) return this.#proxy.waitingFor();
    if (this.#deps.config !== undefined) return ["the Node of this node"];
    return [this.#unusable === undefined ? "the NodeProxy of this node" : "a NodeProxy that can be used"];
  }

  #statusFacts(): AgentFacts | undefined {
    if (this.#proxy === undefined && this.#unusable === undefined) return undefined;
    return {
      agentVersion: this.#deps.version,
      tools: this.#deps.tools,
      generation: this.#nodeProxy?.metadata.generation,
      settings: this.#proxy?.settings,
      unusable: this.#unusable,
      lastSuccess: this.#record.lastSuccess,
      failure: this.#record.failure,
      waitingFor: this.#waitingFor(),
      settingsWaitFor: this.#proxy?.settingsWaitFor() ?? [],
      modeProblem: this.#proxy?.modeProblem(),
      staleSinceMs: this.#proxy?.staleSinceMs(),
      missing: this.#modes.missing(),
      problems: this.#proxy?.problems() ?? [],
      nodeProblems: [...this.#nodeServices.nodeProblems(), ...(this.#proxy?.nodeProblems() ?? [])],
      latency: this.#record.latency.percentiles(),
      drift: this.#driftFacts(),
    };
  }

  /** undefined where the mode cannot tell. */
  #driftFacts(): DriftFacts | undefined {
    const dataplane = this.#modes.chosen();
    return dataplane !== undefined && dataplane.watchDrift === undefined ? undefined : this.#drift.facts();
  }

  #readFrontendCounts(): Promise<readonly FrontendCount[]> {
    const dataplane = this.#modes.chosen();
    const reading = dataplane?.readFrontendCounts?.();
    return (
      reading ?? Promise.reject(new Error(`mode ${dataplane?.mode ?? "none"} does not count connections`))
    );
  }

  #healthFacts(): HealthFacts {
    return {
      now: this.#deps.clock.now(),
      lastSyncAt: this.#record.lastSuccess?.at,
      oldestChangeMs: this.#proxy?.oldestChangeMs(),
      waitingFor: this.#waitingFor(),
      staleSinceMs: this.#proxy?.staleSinceMs(),
      failure: this.#record.failure,
      node: this.#node,
    };
  }

  #servePages(): Promise<void> {
    const { options, metrics, countConnections, clock, log } = this.#deps;
    const pages = {
      options,
      metrics,
      counters: this.#counters,
      countConnections,
      healthFacts: () => this.#healthFacts(),
      runningMode: () => this.#record.lastSuccess?.mode,
      settingsInForce: () => this.#proxy?.settingsInForce,
      desired: () => this.#proxy?.desired(),
      clock,
      log,
    };
    return servePages(pages, this.#signal);
  }
}
