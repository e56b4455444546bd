import type { Meter } from "@opentelemetry/api";
import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { EventRecorder } from "../../platform/kube/events.ts";
import type { Logger } from "../../platform/log.ts";
import type { Clause } from "../../platform/text/clause.ts";
import { createConntrackMetrics } from "../metrics/conntrack-metrics.ts";
import { ConntrackSettings, type ConntrackSettingsDeps } from "./sysctls/conntrack-settings.ts";
import type { FlowTable } from "../kernel/conntrack/flow-table.ts";
import { FilteredMap } from "../dataplane/filtered-map.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import { ServiceFlows } from "./flows/service-flows.ts";
import { HealthCheckNodePorts } from "./health-checks/health-check-node-ports.ts";
import { LoopbackRelays } from "./loopback/loopback-relays.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { ServiceCatalog } from "../services/catalog/service-catalog.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import { namespaceOf } from "../services/service-port-name.ts";

export interface NodeServicesDeps {
  readonly serving: ServingModes;
  readonly flows: FlowTable;
  readonly writeKernelSettings: ConntrackSettingsDeps["write"];
  /** Whether the kernel follows the cluster, whatever becomes of the node itself. */
  readonly isProxyHealthy: () => boolean;
  /** {@link NodeServices.problems} or {@link NodeServices.nodeProblems} differ from before. */
  readonly onProblemsChange: () => void;
  readonly events: EventRecorder;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What has happened in the kernel since {@link NodeServices.follow} was last called. */
export interface FollowedSync {
  readonly config: NodeProxyConfig;
  /** Modes whose rules may have been missing: flows may have begun without them. */
  readonly refilled: ReadonlySet<ProxyMode>;
  /** Services that another mode serves now. */
  readonly moved: ReadonlySet<ServiceName>;
}

/** What Services need of a node besides the rules of a mode. Whether they need it depends on the abilities of their mode. */
export class NodeServices {
  readonly #deps: NodeServicesDeps;
  readonly #flows: ServiceFlows;
  readonly #healthCheckNodePorts: HealthCheckNodePorts;
  readonly #loopbackRelays: LoopbackRelays;
  readonly #conntrackSettings: ConntrackSettings;

  constructor(deps: NodeServicesDeps) {
    const { serving, flows, writeKernelSettings, isProxyHealthy, onProblemsChange, meter, clock, log } = deps;
    this.#deps = deps;
    this.#flows = new ServiceFlows({
      serving,
      flows,
      metrics: createConntrackMetrics(meter),
      onProblemChange: onProblemsChange,
      clock,
      log,
    });
    this.#healthCheckNodePorts = new HealthCheckNodePorts({
      isProxyHealthy,
      onListenFailure: (service, message) => this.#onListenFailure(service, message),
      clock,
      log,
    });
    this.#loopbackRelays = new LoopbackRelays({ onProblemsChange, clock, log });
    this.#conntrackSettings = new ConntrackSettings({ write: writeKernelSettings, meter, log });
  }

  /** To be called whenever the kernel is known to match the latest state of the catalog. */
  follow(catalog: ServiceCatalog, { config, refilled, moved }: FollowedSync): void {
    const { serving } = this.#deps;
    this.#flows.follow({
      udpServicePorts: catalog.udpServicePorts,
      changed: catalog.takeChangedUdpServices(),
      moved,
      refilled,
    });
    this.#healthCheckNodePorts.follow({
      ports: catalog.healthCheckNodePorts,
      changed: catalog.takeChangedHealthChecks(),
      addresses: catalog.nodePortAddresses,
    });
    const needsRelay = (service: ServiceName) => serving.of(service)?.abilities.servesLoopback !== true;
    this.#loopbackRelays.set(new FilteredMap(catalog.localhostNodePorts, needsRelay));
    if (serving.running().some(({ abilities }) => abilities.flows === "conntrackNat")) {
      void this.#conntrackSettings.apply(config.conntrack);
    }
  }

  /** Works until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#flows.run(signal),
      this.#healthCheckNodePorts.run(signal),
      this.#loopbackRelays.run(signal),
    ]);
  }

  /** What Services ask for and do not get. */
  problems(): readonly ServiceProblem[] {
    return this.#loopbackRelays.problems();
  }

  /** What the node lacks. */
  nodeProblems(): readonly Clause[] {
    return this.#flows
      .problems()
      .map((problem) => `clients may keep sending to endpoints that are gone: ${problem}`);
  }

  #onListenFailure(service: ServiceName, message: string): void {
    const namespace = namespaceOf(service);
    const name = service.slice(namespace.length + 1);
    this.#deps.log.warn({ service, reason: message }, "a health check node port does not answer");
    this.#deps.events.record({
      regarding: { apiVersion: "v1", kind: "Service", namespace, name },
      type: "Warning",
      reason: "FailedToStartServiceHealthcheck",
      message,
    });
  }
}
