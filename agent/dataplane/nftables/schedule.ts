import type { SchedulingAlgorithm } from "../../../crds/api.ts";
import { assertNever } from "../../../platform/assert-never.ts";
import type { Endpoint } from "../../services/desired-state.ts";
import { maglevTable, maglevTableSize } from "./maglev-table.ts";

/** How a rule picks one of a frontend's slots. */
export type Picker =
  | { readonly kind: "random"; readonly slots: number }
  | { readonly kind: "roundRobin"; readonly slots: number }
  /** By client address. */
  | { readonly kind: "sourceHash"; readonly slots: number }
  /** By client address and port. */
  | { readonly kind: "maglev"; readonly slots: number };

/** How `algorithm` picks among this many endpoints. LeastConnection is served as Random. */
export function pickerFor(algorithm: SchedulingAlgorithm, endpointCount: number): Picker {
  switch (algorithm) {
    case "Random":
    case "LeastConnection":
      return { kind: "random", slots: endpointCount };
    case "RoundRobin":
      return { kind: "roundRobin", slots: endpointCount };
    case "SourceHash":
      return { kind: "sourceHash", slots: maglevTableSize(endpointCount) };
    case "Maglev":
      return { kind: "maglev", slots: maglevTableSize(endpointCount) };
    default:
      return assertNever(algorithm);
  }
}

/**
 * Slot → endpoint. A pure function of the sorted endpoints: a slot never depends on what was there before, so the kernel's
 * state is the same on every path to it.
 */
export function slotsFor(picker: Picker, endpoints: readonly Endpoint[]): readonly Endpoint[] {
  switch (picker.kind) {
    case "random":
    case "roundRobin":
      return endpoints;
    case "sourceHash":
    case "maglev": {
      const names = endpoints.map(({ address, port }) => `${address} ${port}`);
      return maglevTable(names, picker.slots).flatMap((index) => endpoints[index] ?? []);
    }
    default:
      return assertNever(picker);
  }
}
