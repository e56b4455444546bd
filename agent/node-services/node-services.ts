import type { Meter } from "@opentelemetry/api";
import type { NodeProxyConfig } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { EventRecorder } from "../../platform/kube/events.ts";
import type { Logger } from "../../platform/log.ts";
import { createConntrackMetrics } from "../metrics/conntrack-metrics.ts";
import { ConntrackSettings, type ConntrackSettingsDeps } from "./sysctls/conntrack-settings.ts";
import type { FlowTable } from "../kernel/conntrack/flow-table.ts";
import { FlowRepair } from "./flows/flow-repair.ts";
import { HealthCheckNodePorts } from "./health-checks/health-check-node-ports.ts";
import { LoopbackRelays } from "./loopback/loopback-relays.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { ServiceCatalog } from "../services/catalog/service-catalog.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import { namespaceOf } from "../services/service-port-name.ts";

export interface NodeServicesDeps {
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

/** What Services need of a node besides the rules of a dataplane, in every mode. */
export class NodeServices {
  readonly #deps: NodeServicesDeps;
  readonly #flowRepair: FlowRepair;
  readonly #healthCheckNodePorts: HealthCheckNodePorts;
  readonly #loopbackRelays: LoopbackRelays;
  readonly #conntrackSettings: ConntrackSettings;

  constructor(deps: NodeServicesDeps) {
    const { flows, writeKernelSettings, isProxyHealthy, onProblemsChange, meter, clock, log } = deps;
    this.#deps = deps;
    this.#flowRepair = new FlowRepair({
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

  /**
   * To be called whenever the kernel is known to hold what the catalog told last.
   *
   * @param options.afterFullSync Rules may have been missing before: flows may have begun without them.
   */
  follow(
    catalog: ServiceCatalog,
    { config, afterFullSync }: { readonly config: NodeProxyConfig; readonly afterFullSync: boolean },
  ): void {
    const changedUdpServices = catalog.takeChangedUdpServices();
    const udpServicePorts = catalog.udpServicePorts;
    this.#flowRepair.repairUdp(
      afterFullSync ? [...changedUdpServices, ...udpServicePorts.keys()] : changedUdpServices,
      udpServicePorts,
    );
    if (afterFullSync) this.#flowRepair.releaseAttempts(catalog.desiredServices);
    this.#healthCheckNodePorts.follow({
      ports: catalog.healthCheckNodePorts,
      changed: catalog.takeChangedHealthChecks(),
      addresses: catalog.nodePortAddresses,
    });
    this.#loopbackRelays.set(catalog.localhostNodePorts);
    void this.#conntrackSettings.apply(config.conntrack);
  }

  /** Works until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#flowRepair.run(signal),
      this.#healthCheckNodePorts.run(signal),
      this.#loopbackRelays.run(signal),
    ]);
  }

  /** What Services ask for and do not get. */
  problems(): readonly ServiceProblem[] {
    return this.#loopbackRelays.problems();
  }

  /** What the node lacks, each one clause without a full stop. */
  nodeProblems(): readonly string[] {
    const { problem } = this.#flowRepair;
    return problem === undefined ? [] : [`clients may keep sending to endpoints that are gone: ${problem}`];
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
