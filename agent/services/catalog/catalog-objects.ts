import type { Cidr } from "../../../platform/ip/address.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";
import type { KeptService } from "./kept-service.ts";

/** What the watches have brought, by the keys they use: `namespace/name`, or the name of an object of the cluster. */
export interface CatalogObjects {
  readonly services: Iterable<readonly [string, KeptService]>;
  readonly endpointSlices: Iterable<readonly [string, KeptEndpointSlice]>;
  /** Namespaces with their labels; none where no rule asks for them. */
  readonly namespaces: Iterable<readonly [string, Readonly<Record<string, string>>]>;
  readonly serviceCIDRs: Iterable<readonly [string, readonly Cidr[]]>;
}
