import type { IpAddress } from "../../../platform/ip/address.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import { transportKey } from "../../../platform/ip/socket-address.ts";
import type { Frontend, Port, ServiceName, ServicePortName } from "../desired-state.ts";

/** A service port asks for the packets to one address, protocol and port. */
export interface AddressClaim {
  readonly service: ServiceName;
  readonly servicePort: ServicePortName;
  readonly kind: Frontend["kind"];
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: Port;
  /** Of the Service, milliseconds since the epoch. */
  readonly createdAtMs: number;
}

/**
 * Which Service has which address. A claim by clusterIP beats every other; then the older Service wins, then the smaller
 * name. When the winner is deleted, the next one gets the address. In kube-proxy it is random which one wins.
 */
export class AddressClaims {
  readonly #claimsByAddress = new Map<string, readonly AddressClaim[]>();
  readonly #claimsByService = new Map<ServiceName, readonly AddressClaim[]>();

  /** Replaces the claims of a Service, and returns all Services with a claim whose winner has changed. */
  replace(service: ServiceName, claims: readonly AddressClaim[]): ReadonlySet<ServiceName> {
    const affected = new Set<ServiceName>();
    const previous = this.#claimsByService.get(service) ?? [];
    const winners = new Map(
      [...previous, ...claims].map((claim) => [addressKey(claim), this.winnerOf(claim)]),
    );
    for (const claim of previous) this.#remove(claim);
    for (const claim of claims) this.#add(claim);
    if (claims.length > 0) this.#claimsByService.set(service, claims);
    else this.#claimsByService.delete(service);

    for (const [key, winner] of winners) {
      const rivals = this.#claimsByAddress.get(key) ?? [];
      if (rivals[0]?.servicePort === winner?.servicePort) continue;
      for (const rival of rivals) affected.add(rival.service);
    }
    return affected;
  }

  /**
   * Replaces the claims of the changed Services, and adds to `changed` the Services that get an address by that or lose one.
   */
  settle(changed: Set<ServiceName>, claimsOf: (service: ServiceName) => readonly AddressClaim[]): void {
    // Iterating over a Set also visits elements that are added meanwhile.
    for (const service of changed) {
      for (const affected of this.replace(service, claimsOf(service))) changed.add(affected);
    }
  }

  /** The best claim to the same address, protocol and port. */
  winnerOf(claim: AddressClaim): AddressClaim | undefined {
    return this.#claimsByAddress.get(addressKey(claim))?.[0];
  }

  #add(claim: AddressClaim): void {
    const key = addressKey(claim);
    const rivals = this.#claimsByAddress.get(key);
    this.#claimsByAddress.set(key, rivals === undefined ? [claim] : [...rivals, claim].toSorted(byStrength));
  }

  #remove(claim: AddressClaim): void {
    const key = addressKey(claim);
    const rivals = (this.#claimsByAddress.get(key) ?? []).filter(({ service }) => service !== claim.service);
    if (rivals.length > 0) this.#claimsByAddress.set(key, rivals);
    else this.#claimsByAddress.delete(key);
  }
}

function addressKey(claim: AddressClaim): string {
  return transportKey(claim.protocol, claim);
}

/** Best first. Within a Service the filtered address comes before the unfiltered one, so that no filter is lost. */
const kindsByStrength: readonly Frontend["kind"][] = [
  "clusterIP",
  "loadBalancerIP",
  "externalIP",
  "nodePort",
];

function byStrength(left: AddressClaim, right: AddressClaim): number {
  return (
    Number(right.kind === "clusterIP") - Number(left.kind === "clusterIP") ||
    left.createdAtMs - right.createdAtMs ||
    compareText(left.service, right.service) ||
    kindsByStrength.indexOf(left.kind) - kindsByStrength.indexOf(right.kind) ||
    compareText(left.servicePort, right.servicePort)
  );
}

function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
