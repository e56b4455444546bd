import type {
  DesiredService,
  DesiredServicePort,
  Frontend,
  ServiceName,
} from "../../services/desired-state.ts";

/** A frontend that a Service asks for and another one has. */
export interface LostFrontend {
  readonly frontend: Frontend;
  readonly port: DesiredServicePort;
  readonly owner: ServiceName;
}

export interface ResolvedService {
  /** The Service without the frontends it lost; the same object when it lost none. */
  readonly service: DesiredService;
  readonly lost: readonly LostFrontend[];
}

interface Claim {
  readonly service: ServiceName;
  readonly isClusterIP: boolean;
}

/**
 * Decides who gets an address, protocol and port that several Services ask for: the one whose ClusterIP it is, else the
 * first by name. So no externalIP can take over another Service, and the outcome does not depend on the order of events.
 */
export class FrontendClaims {
  readonly #claims = new Map<string, readonly Claim[]>();
  readonly #keys = new Map<ServiceName, readonly string[]>();

  /** Registers what a Service asks for now and returns the other Services whose frontends that changes. */
  update(name: ServiceName, service: DesiredService | undefined): ReadonlySet<ServiceName> {
    const before = this.#keys.get(name) ?? [];
    const after = service === undefined ? new Map<string, Claim>() : claimsOf(service);
    const affected = new Set<ServiceName>();
    for (const key of new Set([...before, ...after.keys()])) {
      const claims = this.#claims.get(key) ?? [];
      const others = claims.filter((claim) => claim.service !== name);
      const claim = after.get(key);
      const remaining = claim === undefined ? others : [...others, claim].toSorted(byRank);
      if (remaining.length === 0) this.#claims.delete(key);
      else this.#claims.set(key, remaining);
      if (claims[0]?.service === remaining[0]?.service) continue;
      for (const winner of [claims[0], remaining[0]]) if (winner !== undefined) affected.add(winner.service);
    }
    if (after.size === 0) this.#keys.delete(name);
    else this.#keys.set(name, [...after.keys()]);
    affected.delete(name);
    return affected;
  }

  /** A registered Service as it can be programmed. */
  resolve(service: DesiredService): ResolvedService {
    const lost: LostFrontend[] = [];
    const taken = new Set<string>();
    let isComplete = true;
    const ports = service.ports.map((port) => {
      const frontends = restrictedFirst(port.frontends).filter((frontend) => {
        const key = frontendKey(port, frontend);
        const owner = this.#claims.get(key)?.[0]?.service;
        if (owner !== undefined && owner !== service.name) lost.push({ frontend, port, owner });
        const isMine = owner === service.name && !taken.has(key);
        taken.add(key);
        isComplete &&= isMine;
        return isMine;
      });
      return { ...port, frontends };
    });
    return { service: isComplete ? service : { ...service, ports }, lost };
  }
}

/** An address that a Service names twice keeps the entry that restricts its sources. */
function restrictedFirst(frontends: readonly Frontend[]): readonly Frontend[] {
  return frontends.some(({ allowedSources }) => allowedSources !== undefined)
    ? frontends.toSorted((left, right) => rank(left) - rank(right))
    : frontends;
}

function rank({ allowedSources }: Frontend): number {
  return allowedSources === undefined ? 1 : 0;
}

function claimsOf(service: DesiredService): ReadonlyMap<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const port of service.ports) {
    for (const frontend of port.frontends) {
      const key = frontendKey(port, frontend);
      const isClusterIP = frontend.kind === "clusterIP" || claims.get(key)?.isClusterIP === true;
      claims.set(key, { service: service.name, isClusterIP });
    }
  }
  return claims;
}

function frontendKey({ protocol }: DesiredServicePort, { address, port }: Frontend): string {
  return `${address} ${protocol} ${port}`;
}

function byRank(left: Claim, right: Claim): number {
  return Number(right.isClusterIP) - Number(left.isClusterIP) || (left.service < right.service ? -1 : 1);
}
