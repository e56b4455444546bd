import assert from "node:assert/strict";
import { createNftablesDataplane } from "../../agent/dataplane/nftables/index.ts";
import { createRunner } from "../../agent/dataplane/runner.ts";
import { retirementMs } from "../../agent/dataplane/nftables/retirement.ts";
import { silentLogger } from "../../platform/log.ts";
import type { ClusterState, Scenario } from "../scenarios/scenario.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeCommandRunner } from "../support/fake-command-runner.ts";
import { NftModel } from "../support/nft-model.ts";
import { ScenarioAgent } from "../support/scenario-agent.ts";

/** Commands that nft got at once. The last two write the number of the transaction. */
export interface SentTransaction {
  readonly commands: readonly string[];
  /** How long after the cluster changed, in milliseconds. */
  readonly afterMs: number;
}

export interface RecordedStep {
  readonly name: string | undefined;
  readonly state: ClusterState;
  /** In the order in which they were sent. */
  readonly transactions: readonly SentTransaction[];
}

/** The real dataplane of node1 over an nft that takes and remembers what it gets. */
export class NftablesRecorder {
  readonly #nft = new NftModel();
  readonly #clock = new FakeClock();
  readonly #agent = new ScenarioAgent(
    "node1",
    createRunner(createNftablesDataplane, {
      commands: new FakeCommandRunner(this.#nft.commands),
      log: silentLogger,
      clock: this.#clock,
    }),
  );

  /** What is sent when the cluster becomes `state`, until nothing more follows. */
  async record(state: ClusterState): Promise<readonly SentTransaction[]> {
    await this.#agent.program(state);
    const atOnce = this.#takeSent(0);
    await this.#clock.advance(retirementMs);
    const later = this.#takeSent(retirementMs);
    assert.equal(this.#clock.sleepers, 0, "the dataplane still waits to send something");
    assert.deepEqual(this.#nft.refused, []);
    return [...atOnce, ...later];
  }

  #takeSent(afterMs: number): readonly SentTransaction[] {
    return this.#nft.committed.splice(0).map((commands) => ({ commands, afterMs }));
  }
}

/** The transactions of a scenario on node1. */
export async function recordScenario({ steps }: Scenario): Promise<readonly RecordedStep[]> {
  const recorder = new NftablesRecorder();
  const recorded: RecordedStep[] = [];
  for (const { probes: _, name, ...state } of steps) {
    recorded.push({ name, state, transactions: await recorder.record(state) });
  }
  return recorded;
}
