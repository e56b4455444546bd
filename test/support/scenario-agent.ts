import type { Dataplane } from "../../agent/dataplane/dataplane.ts";
import type { NodeName } from "../scenarios/addresses.ts";
import type { ClusterState } from "../scenarios/scenario.ts";
import { ScenarioNode } from "./scenario-node.ts";

/** The agent of one node of a scenario, without its loops: what the cluster is goes through its catalog into a dataplane. */
export class ScenarioAgent {
  readonly #view: ScenarioNode;
  readonly #dataplane: Dataplane;

  constructor(name: NodeName, dataplane: Dataplane) {
    this.#view = new ScenarioNode(name);
    this.#dataplane = dataplane;
  }

  /** Makes the dataplane match the cluster. Rejects when it refuses a Service. */
  async program(state: ClusterState): Promise<void> {
    const { desired, scope } = this.#view.update(state);
    const { rejected } = await this.#dataplane.sync(desired, scope);
    if (rejected.length > 0) throw new Error(`the kernel refused ${JSON.stringify(rejected)}`);
  }

  /** Leaves nothing of the mode on the node. */
  async cleanUp(): Promise<void> {
    this.#view.update({});
    await this.#dataplane.cleanup();
  }
}
