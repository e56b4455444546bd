import type { SchedulingAlgorithm } from "../../crds/api.ts";
import { podNames, type BackendName } from "./addresses.ts";
import { endpointSlices, service } from "./cluster-objects.ts";
import type { ClusterState } from "./scenario.ts";

/** Changes that follow each other without a pause while traffic goes on, the same for every mode. Played by `test/packets/`. */
export interface Disturbance {
  /** The rule as a sentence; unique, also among scenarios. */
  readonly name: string;
  /** States of the cluster that follow each other in a circle; kept connections go to pod1a. */
  readonly states: readonly ClusterState[];
  /** How new connections may fail, by errno name. @default none */
  readonly allowed?: readonly string[];
}

function state(endpoints: readonly BackendName[], algorithm: SchedulingAlgorithm = "Random"): ClusterState {
  return {
    config: { scheduling: { algorithm } },
    services: [service({ exposed: true })],
    endpointSlices: endpointSlices({ endpoints }),
  };
}

/** What no traffic may notice. */
export const disturbances: readonly Disturbance[] = [
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
    name: "no connection fails while everything is reprogrammed",
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
