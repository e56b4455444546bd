import { isDeepStrictEqual } from "node:util";
import type { ServiceName } from "../desired-state.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";

/** EndpointSlices by the Service they are for, whether or not that Service exists. */
export class EndpointSliceIndex {
  readonly #slicesByService = new Map<ServiceName, Map<string, KeptEndpointSlice>>();
  readonly #serviceByKey = new Map<string, ServiceName>();

  /**
   * Returns the Services whose slices differ from before: none when the slice is unchanged, two when it has moved to another
   * Service.
   */
  put(key: string, slice: KeptEndpointSlice): readonly ServiceName[] {
    const { service } = slice;
    if (isDeepStrictEqual(this.#slicesByService.get(service)?.get(key), slice)) return [];
    const left = this.#serviceByKey.get(key) === service ? [] : this.remove(key);
    const slices = this.#slicesByService.get(service) ?? new Map<string, KeptEndpointSlice>();
    this.#slicesByService.set(service, slices.set(key, slice));
    this.#serviceByKey.set(key, service);
    return [...left, service];
  }

  /** Returns the Service that has lost the slice; empty when the slice is unknown. */
  remove(key: string): readonly ServiceName[] {
    const service = this.#serviceByKey.get(key);
    if (service === undefined) return [];
    this.#serviceByKey.delete(key);
    const slices = this.#slicesByService.get(service);
    slices?.delete(key);
    if (slices?.size === 0) this.#slicesByService.delete(service);
    return [service];
  }

  /** In order of their keys, so that the result does not depend on the order of events. */
  slicesOf(service: ServiceName): readonly KeptEndpointSlice[] {
    const slices = [...(this.#slicesByService.get(service) ?? [])];
    return slices.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, slice]) => slice);
  }

  /** All slices by their keys, in no order. */
  *entries(): Generator<readonly [string, KeptEndpointSlice]> {
    for (const slices of this.#slicesByService.values()) yield* slices;
  }
}
