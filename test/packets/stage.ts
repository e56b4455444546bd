import type { CommandRunner } from "../../agent/kernel/command/command.ts";
import { createCommandRunner } from "../../agent/kernel/command/command-runner.ts";
import type { Dataplane } from "../../agent/dataplane/dataplane.ts";
import type { DataplaneFactory } from "../../agent/dataplane/dataplane.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { silentLogger } from "../../platform/log.ts";
import { startPods, type Pods } from "../../playground/nodes/pods.ts";
import { Prober } from "../../playground/nodes/prober.ts";
import { createTopology, type Topology } from "../../playground/nodes/topology.ts";
import type { NodeName, SourceName } from "../scenarios/addresses.ts";
import type { Step } from "../scenarios/scenario.ts";
import { ScenarioNode } from "../support/scenario-node.ts";

/** Network, pods, dataplanes and probers that all scenarios of a run share. */
export class Stage {
  readonly #createDataplane: DataplaneFactory;
  readonly #topology: Topology;
  readonly #pods: Pods;
  readonly #nodes = new Map<NodeName, StageNode>();
  readonly #probers = new Map<string, Prober>();

  private constructor(createDataplane: DataplaneFactory, topology: Topology, pods: Pods) {
    this.#createDataplane = createDataplane;
    this.#topology = topology;
    this.#pods = pods;
  }

  static async create({
    createDataplane,
    prefix,
  }: {
    readonly createDataplane: DataplaneFactory;
    readonly prefix: string;
  }): Promise<Stage> {
    const topology = await createTopology({ prefix, log: silentLogger });
    try {
      const pods = await startPods(topology, { log: silentLogger, hostNetwork: true });
      return new Stage(createDataplane, topology, pods);
    } catch (error) {
      await topology.close();
      throw error;
    }
  }

  /** What the nodes lack for the mode; empty when nothing. */
  async missingRequirements(): Promise<readonly string[]> {
    return await this.#node("node1").dataplane.missingRequirements();
  }

  /** Makes the kernels of the nodes match `step`. Nodes that have no part in it have nothing of ours. */
  async program(step: Step): Promise<void> {
    const programmed = step.programmed ?? ["node1"];
    for (const name of programmed) this.#node(name);
    await Promise.all(
      [...this.#nodes].map(([name, node]) =>
        programmed.includes(name) ? node.program(step) : node.cleanUp(),
      ),
    );
  }

  /** Removes all Services, and what the kernel remembers of their traffic: its port numbers come round again. */
  async clear(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.clear()));
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
    const programs = [this.#pods, ...this.#probers.values()];
    await Promise.all([...programs.map((program) => program.close()), ...this.#closeNodes()]);
    await this.#topology.close();
  }

  #closeNodes(): readonly Promise<void>[] {
    return [...this.#nodes.values()].map(({ dataplane }) => dataplane.close());
  }

  #node(name: NodeName): StageNode {
    const existing = this.#nodes.get(name);
    if (existing !== undefined) return existing;
    const node = new StageNode(this.#createDataplane, name, this.namespaceOf(name));
    this.#nodes.set(name, node);
    return node;
  }
}

/** One node with its own catalog and dataplane, as its agent would have them. */
class StageNode {
  readonly dataplane: Dataplane;
  readonly #commands: CommandRunner;
  readonly #view: ScenarioNode;

  constructor(createDataplane: DataplaneFactory, name: NodeName, namespace: string) {
    this.#commands = createCommandRunner({ netns: namespace, log: silentLogger });
    this.#view = new ScenarioNode(name);
    this.dataplane = createDataplane({ commands: this.#commands, log: silentLogger, clock: systemClock });
  }

  async program(step: Partial<Step>): Promise<void> {
    const { desired, scope } = this.#view.update(step);
    const { rejected } = await this.dataplane.sync(desired, scope);
    if (rejected.length > 0) throw new Error(`the kernel refused ${JSON.stringify(rejected)}`);
  }

  async cleanUp(): Promise<void> {
    this.#view.update({});
    await this.dataplane.cleanup();
  }

  async clear(): Promise<void> {
    await this.program({});
    for (const family of ["ipv4", "ipv6"]) await this.#commands.run("conntrack", ["-F", "-f", family]);
  }
}
