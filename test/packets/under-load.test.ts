import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../platform/async/clock.ts";
import { startLoad, type Load, type LoadOptions } from "../../playground/nodes/load.ts";
import { clusterIP, inFamily, loadBalancerIP } from "../scenarios/addresses.ts";
import { servicePort } from "../scenarios/cluster-objects.ts";
import { disturbances } from "../scenarios/disturbances.ts";
import { gapsOf } from "../scenarios/known-gaps.ts";
import type { ClusterState } from "../scenarios/scenario.ts";
import { skipBecause } from "../support/skip.ts";
import { modeToTest } from "./options.ts";
import { families } from "./play-scenario.ts";
import { createStage } from "./create-stage.ts";
import type { Stage } from "./stage.ts";

/** Without pauses: a packet has a bad moment only while the kernel takes a transaction. */
const disturbanceMs = 3_000;

const mode = modeToTest();
const gaps = gapsOf(mode);

describe(`packets under load in mode ${mode}`, function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    stage = await createStage(this);
  });

  after(async () => {
    await stage?.close();
  });

  for (const { name, states, allowed = [] } of disturbances) {
    it(name, async function () {
      const gap = gaps.get(name);
      if (gap !== undefined) skipBecause(this, gap);
      const [first] = states;
      if (first !== undefined) await stage.program(first);
      const loads = startLoads(stage);
      try {
        await Promise.all(loads.map(({ load }) => load.started));
        await disturb(stage, states);
        for (const { name, load } of loads) {
          const { requests, failures, resentSyns } = await load.stop();
          const wrong = Object.entries(failures).filter(([reason]) => !allowed.includes(reason));
          assert.deepEqual(wrong, [], `${name}: failures among ${requests} requests`);
          // A packet that finds no endpoint any more is dropped, and the next try comes after a second.
          if (allowed.length === 0)
            assert.equal(resentSyns, 0, `${name}: packets lost of ${requests} requests`);
          assert.ok(requests > 20, `${name}: only ${requests} requests were made`);
        }
      } finally {
        await Promise.all(loads.map(({ load }) => load.close()));
        await stage.clear();
      }
    });
  }
});

interface LabelledLoad {
  readonly name: string;
  readonly load: Load;
}

/** New connections from outside, and kept ones from a pod, in both families. */
function startLoads(stage: Stage): readonly LabelledLoad[] {
  const common = {
    protocol: "TCP",
    port: servicePort,
    durationMs: 20_000,
    workers: 4,
    intervalMs: 2,
  } as const;
  return families.flatMap((family) => {
    const fromOutside: LoadOptions = {
      ...common,
      namespace: stage.namespaceOf("client"),
      address: inFamily(loadBalancerIP(1), family),
    };
    const kept: LoadOptions = {
      ...common,
      namespace: stage.namespaceOf("pod1b"),
      address: inFamily(clusterIP(1), family),
      keepConnection: true,
    };
    return [
      { name: `new connections from outside over ${family}`, load: startLoad(fromOutside) },
      { name: `kept connections of a pod over ${family}`, load: startLoad(kept) },
    ];
  });
}

async function disturb(stage: Stage, states: readonly ClusterState[]): Promise<void> {
  // On a busy machine transactions are interrupted, so that packets see more of their moments.
  const competitor = new Worker("for (;;);", { eval: true });
  const endsAt = systemClock.monotonicMs() + disturbanceMs;
  try {
    while (systemClock.monotonicMs() < endsAt) {
      for (const state of states) await stage.program(state);
    }
  } finally {
    await competitor.terminate();
  }
}
