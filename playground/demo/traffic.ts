import { Prober, type ProbeJob, type ProbeResult } from "../nodes/prober.ts";
import type { Topology } from "../nodes/topology.ts";

/** Where the demo's clients run. */
export type Place = "a pod" | "a node" | "an outside client";

/** Clients inside the cluster's network; each is one process in its namespace. */
export class Traffic implements AsyncDisposable {
  readonly #probers = new Map<string, Prober>();
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  async ask(place: Place, job: Omit<ProbeJob, "protocol">): Promise<ProbeResult> {
    const namespace = this.namespaceOf(place);
    let prober = this.#probers.get(namespace);
    if (prober === undefined) {
      prober = new Prober(namespace);
      this.#probers.set(namespace, prober);
    }
    return await prober.probe({ protocol: "TCP", ...job });
  }

  /** pod1b and node1 are the clients on the first node. The pods of web are pod1a, pod2a and pod3a. */
  namespaceOf(place: Place): string {
    const { prefix, client } = this.#topology;
    switch (place) {
      case "a pod":
        return `${prefix}-pod1b`;
      case "a node":
        return `${prefix}-node1`;
      case "an outside client":
        return client.namespace;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#probers.values()].map((prober) => prober.close()));
  }
}

/** Such as `pod1a 12, pod2a 9, pod3a 9`. */
export function describeSpread({ answers, failures }: ProbeResult): string {
  const counts = Object.entries(answers)
    .map(([pod, { count }]) => `${pod} ${count}`)
    .toSorted();
  const failed = Object.entries(failures).map(([reason, count]) => `${reason} ${count}`);
  return [...counts, ...failed].join(", ");
}

export function countAnswers({ answers }: ProbeResult): number {
  return Object.values(answers).reduce((sum, { count }) => sum + count, 0);
}
