import type { SchedulingAlgorithm } from "../../crds/api.ts";
import { assertNever } from "../../platform/assert-never.ts";
import type { IpAddress } from "../../platform/ip/address.ts";
import { maglevTable, maglevTableSize } from "./maglev-table.ts";
import { slotCounts } from "./slot-counts.ts";
import { smoothOrder } from "./smooth-order.ts";

/** An endpoint with its share of new connections. */
export interface WeightedEndpoint {
  readonly address: IpAddress;
  readonly port: number;
  /** Share of new connections relative to the others: an integer, not negative, in lowest terms. */
  readonly weight: number;
}

/** How a mode picks one of a frontend's slots for a new connection. */
export type Picker =
  | { readonly kind: "random"; readonly slots: number }
  | { readonly kind: "roundRobin"; readonly slots: number }
  /** By client address. */
  | { readonly kind: "sourceHash"; readonly slots: number }
  /** By client address and port. */
  | { readonly kind: "maglev"; readonly slots: number };

/** How `algorithm` picks among these endpoints. LeastConnection is Random by weights that follow the connections. */
export function pickerFor(algorithm: SchedulingAlgorithm, endpoints: readonly WeightedEndpoint[]): Picker {
  switch (algorithm) {
    case "Random":
    case "LeastConnection":
      return { kind: "random", slots: totalSlots(endpoints) };
    case "RoundRobin":
      return { kind: "roundRobin", slots: totalSlots(endpoints) };
    case "SourceHash":
      return { kind: "sourceHash", slots: maglevTableSize(endpoints.length) };
    case "Maglev":
      return { kind: "maglev", slots: maglevTableSize(endpoints.length) };
    default:
      return assertNever(algorithm);
  }
}

/**
 * Slot → endpoint; the share of an endpoint is its weight. A pure function of the sorted endpoints: a slot never depends on
 * the slots before, so the kernel's state is the same on every path to it.
 */
export function slotsFor<Endpoint extends WeightedEndpoint>(
  picker: Picker,
  endpoints: readonly Endpoint[],
): readonly Endpoint[] {
  switch (picker.kind) {
    case "random": {
      const counts = countSlots(endpoints);
      return endpoints.flatMap((endpoint, index) =>
        Array.from({ length: counts[index] ?? 0 }, () => endpoint),
      );
    }
    case "roundRobin":
      return smoothOrder(countSlots(endpoints)).flatMap((index) => endpoints[index] ?? []);
    case "sourceHash":
    case "maglev": {
      const names = endpoints.map(({ address, port, weight }) => ({ name: `${address} ${port}`, weight }));
      return maglevTable(names, picker.slots).flatMap((index) => endpoints[index] ?? []);
    }
    default:
      return assertNever(picker);
  }
}

/** How many slots each endpoint has where slots are picked with equal probability or in turn. */
function countSlots(endpoints: readonly WeightedEndpoint[]): readonly number[] {
  return slotCounts(endpoints.map(({ weight }) => weight));
}

function totalSlots(endpoints: readonly WeightedEndpoint[]): number {
  return countSlots(endpoints).reduce((sum, count) => sum + count, 0);
}
