import type { DataplaneRunner } from "../../agent/dataplane/runner.ts";
import type { NodeName } from "../scenarios/addresses.ts";
import type { ClusterState } from "../scenarios/scenario.ts";
import { ScenarioNode } from "./scenario-node.ts";

/** The agent of one node of a scenario, without its loops: what the cluster is goes through its catalog into the only mode. */
export class ScenarioAgent {
  readonly #view: ScenarioNode;
  readonly #runner: DataplaneRunner;

  constructor(name: NodeName, runner: DataplaneRunner) {
    this.#view = new ScenarioNode(name);
    this.#runner = runner;
  }

  /** Makes the mode match the cluster. Rejects when it refuses a Service. */
  async program(state: ClusterState): Promise<void> {
    const { desired, scope } = this.#view.update(state);
    const { rejected } = await this.#runner.sync({ ...desired, elsewhere: new Map() }, scope);
    if (rejected.length > 0) throw new Error(`the kernel refused ${JSON.stringify(rejected)}`);
  }

  /** Leaves nothing of the mode on the node. */
  async cleanUp(): Promise<void> {
    this.#view.update({});
    await this.#runner.cleanup();
  }
}
