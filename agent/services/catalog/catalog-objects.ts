import type { Cidr } from "../../../platform/ip/address.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";
import type { KeptService } from "./kept-service.ts";

/** What the watches have delivered, by their keys: `namespace/name`, or the name of a cluster-scoped object. */
export interface CatalogObjects {
  readonly services: Iterable<readonly [string, KeptService]>;
  readonly endpointSlices: Iterable<readonly [string, KeptEndpointSlice]>;
  /** Namespaces with their labels; empty where no rule selects by them. */
  readonly namespaces: Iterable<readonly [string, Readonly<Record<string, string>>]>;
  readonly serviceCIDRs: Iterable<readonly [string, readonly Cidr[]]>;
}
