import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import type { SchedulingAlgorithm } from "../../crds/api.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { startLoad, type Load, type LoadOptions } from "../../playground/nodes/load.ts";
import { clusterIP, inFamily, loadBalancerIP, podNames, type BackendName } from "../scenarios/addresses.ts";
import { endpointSlices, service, servicePort } from "../scenarios/cluster-objects.ts";
import { knownGaps } from "../scenarios/known-gaps.ts";
import type { Step } from "../scenarios/scenario.ts";
import { skipBecause } from "../support/skip.ts";
import { modeToTest } from "./options.ts";
import { families } from "./play-scenario.ts";
import { createStage } from "./create-stage.ts";
import type { Stage } from "./stage.ts";

interface Disturbance {
  readonly name: string;
  /** States of the cluster that follow each other in a circle; kept connections go to pod1a. */
  readonly states: readonly Omit<Step, "probes">[];
  /** How new connections may fail, by errno name. @default none */
  readonly allowed?: readonly string[];
}

function state(
  endpoints: readonly BackendName[],
  algorithm: SchedulingAlgorithm = "Random",
): Omit<Step, "probes"> {
  return {
    config: { scheduling: { algorithm } },
    services: [service({ exposed: true })],
    endpointSlices: endpointSlices({ endpoints }),
  };
}

const disturbances: readonly Disturbance[] = [
  {
    name: "no connection fails while one endpoint comes and goes",
    states: [state(["pod1a"]), state(["pod1a", "pod2a"])],
  },
  {
    name: "no connection fails while many endpoints come and go",
    states: [
      state(["pod1a"]),
      state(podNames),
      state(["pod1a", "pod2a"]),
      state(["pod1a", "pod3b", "pod2a"]),
    ],
  },
  {
    name: "no connection is lost while the last endpoint comes and goes",
    states: [state(["pod1a"]), state([])],
    allowed: ["ECONNREFUSED"],
  },
  {
    name: "no connection fails while the algorithm changes",
    states: (["Random", "RoundRobin", "SourceHash", "Maglev"] as const).map((algorithm) =>
      state(["pod1a", "pod2a", "pod3a"], algorithm),
    ),
  },
  {
    name: "no connection fails while weights change",
    states: [3, 0, 100].map((weight) => ({
      ...state([]),
      endpointSlices: endpointSlices({ endpoints: [{ of: "pod1a", weight }, "pod2a", "pod3a"] }),
    })),
  },
  {
    name: "no connection fails while everything is programmed anew",
    states: [true, false].map((masqueradeAll) => ({
      ...state(["pod1a", "pod2a"]),
      config: { masqueradeAll },
    })),
  },
  {
    name: "no connection fails while other Services come and go",
    states: [
      state(["pod1a"]),
      {
        ...state(["pod1a"]),
        services: [service({ exposed: true }), service({ name: "other", number: 2 })],
        endpointSlices: [
          ...endpointSlices({ endpoints: ["pod1a"] }),
          ...endpointSlices({ service: "other", endpoints: podNames }),
        ],
      },
    ],
  },
];

/** Without pauses: a packet has a bad moment only while the kernel takes a transaction. */
const disturbanceMs = 3_000;

describe(`packets under load in mode ${modeToTest()}`, function () {
  this.timeout(30_000);
  let stage: Stage;

  before(async function () {
    stage = await createStage(this);
  });

  after(async () => {
    await stage?.close();
  });

  for (const { name, states, allowed = [] } of disturbances) {
    it(name, async function () {
      const gap = knownGaps[modeToTest()][name];
      if (gap !== undefined) skipBecause(this, gap);
      const [first] = states;
      if (first !== undefined) await stage.program({ ...first, probes: [] });
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

async function disturb(stage: Stage, states: Disturbance["states"]): Promise<void> {
  // On a busy machine transactions are interrupted, so that packets see more of their moments.
  const competitor = new Worker("for (;;);", { eval: true });
  const endsAt = systemClock.monotonicMs() + disturbanceMs;
  try {
    while (systemClock.monotonicMs() < endsAt) {
      for (const state of states) await stage.program({ ...state, probes: [] });
    }
  } finally {
    await competitor.terminate();
  }
}
