import type { ProxyMode } from "../../crds/api.ts";
import { silentLogger } from "../../platform/log.ts";
import { startPods, type Pods } from "../../playground/nodes/pods.ts";
import { Prober } from "../../playground/nodes/prober.ts";
import { createTopology, type Topology } from "../../playground/nodes/topology.ts";
import type { NodeName, SourceName } from "../scenarios/addresses.ts";
import type { ClusterState } from "../scenarios/scenario.ts";
import { HostedDataplane } from "./hosted-dataplane.ts";

/** Network, pods, dataplanes and probers that all scenarios of a run share. */
export class Stage {
  readonly #mode: ProxyMode;
  readonly #topology: Topology;
  readonly #pods: Pods;
  readonly #dataplanes = new Map<NodeName, HostedDataplane>();
  readonly #probers = new Map<string, Prober>();

  private constructor(mode: ProxyMode, topology: Topology, pods: Pods) {
    this.#mode = mode;
    this.#topology = topology;
    this.#pods = pods;
  }

  static async create({
    mode,
    prefix,
  }: {
    readonly mode: ProxyMode;
    readonly prefix: string;
  }): Promise<Stage> {
    const topology = await createTopology({ prefix, log: silentLogger });
    try {
      const pods = await startPods(topology, { log: silentLogger, hostNetwork: true });
      return new Stage(mode, topology, pods);
    } catch (error) {
      await topology.close();
      throw error;
    }
  }

  /** What the nodes lack for the mode; empty when nothing. */
  async missingRequirements(): Promise<readonly string[]> {
    return await this.dataplaneOf("node1").missingRequirements();
  }

  /** Makes the kernels of the nodes match `state`. Nodes that have no part in it have nothing of ours. */
  async program({ programmed = ["node1"], ...state }: ClusterState): Promise<void> {
    for (const name of programmed) this.dataplaneOf(name);
    await Promise.all(
      [...this.#dataplanes].map(([name, dataplane]) =>
        programmed.includes(name) ? dataplane.program(state) : dataplane.cleanUp(),
      ),
    );
  }

  /** Removes all Services, and what the kernel remembers of their traffic: its port numbers come round again. */
  async clear(): Promise<void> {
    await Promise.all(
      [...this.#dataplanes.values()].map(async (dataplane) => {
        await dataplane.program({});
        await dataplane.forgetFlows();
      }),
    );
  }

  dataplaneOf(name: NodeName): HostedDataplane {
    const existing = this.#dataplanes.get(name);
    if (existing !== undefined) return existing;
    const dataplane = new HostedDataplane(this.namespaceOf(name), { mode: this.#mode, node: name });
    this.#dataplanes.set(name, dataplane);
    return dataplane;
  }

  proberOf(source: SourceName): Prober {
    const namespace = this.namespaceOf(source);
    const prober = this.#probers.get(namespace) ?? new Prober(namespace);
    this.#probers.set(namespace, prober);
    return prober;
  }

  /** Network namespace of the place. */
  namespaceOf(source: SourceName): string {
    const { client, prefix } = this.#topology;
    return source.startsWith("client") ? client.namespace : `${prefix}-${source}`;
  }

  async close(): Promise<void> {
    const programs = [this.#pods, ...this.#probers.values(), ...this.#dataplanes.values()];
    try {
      await Promise.all(programs.map((program) => program.close()));
    } finally {
      await this.#topology.close();
    }
  }
}
