import { assertNever } from "../../../platform/assert-never.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredService, DesiredServicePort, Endpoint, Frontend } from "../../services/desired-state.ts";
import type { IpFamily } from "../../../platform/ip/address.ts";
import { buildAffinity, recordAndMasquerade, type Affinity } from "./affinity-chains.ts";
import { firstSlot, schedulerChain } from "./bucket-chains.ts";
import { withoutNested } from "./cidr-set.ts";
import {
  chains,
  containers,
  endpointMap,
  l4Protocol,
  scopes,
  type ContainerName,
  type Scope,
} from "./names.ts";
import { quote } from "./quote.ts";
import { elementId, type AffinityMemory, type Chain, type Element, type ServiceRuleset } from "./ruleset.ts";
import { pickerFor, slotsFor } from "../../scheduling/picker.ts";

export const ipFamilyOf: Readonly<Record<NftFamily, IpFamily>> = { ip: "IPv4", ip6: "IPv6" };

/** What a Service without anything in the table has. */
export const emptyRuleset: ServiceRuleset = {
  elements: [],
  chains: new Map(),
  maps: new Map(),
  memories: [],
};

/**
 * Everything that a Service has in the table of one family. Depends on nothing but the Service.
 * @throws {NftQuoteError} when a value of it cannot be written in the nft language
 */
export function buildService(service: DesiredService, family: NftFamily): ServiceRuleset {
  const ruleset = new RulesetDraft();
  for (const port of service.ports) {
    if (port.family === ipFamilyOf[family]) addServicePort(ruleset, port, family);
  }
  return ruleset.finish();
}

function addServicePort(ruleset: RulesetDraft, port: DesiredServicePort, family: NftFamily): void {
  for (const scope of scopes) {
    const frontends = port.frontends.filter((frontend) => scopesOf(frontend).includes(scope));
    if (frontends.length > 0) addSlots(ruleset, { port, family, scope, frontends });
  }
  for (const endpoint of [...port.clusterEndpoints, ...port.localEndpoints]) {
    if (!endpoint.local) continue;
    const address = quote("address", endpoint.address, family);
    ruleset.add(containers.hairpin, `${address} . ${address}`);
  }
  for (const frontend of port.frontends) addFrontend(ruleset, { port, family, frontend });
}

function scopesOf({ route }: Frontend): readonly Scope[] {
  switch (route.kind) {
    case "cluster":
      return ["cluster"];
    case "local":
      return ["local"];
    case "externalLocal":
      return ["cluster", "local"];
    default:
      return assertNever(route);
  }
}

function endpointsOf(port: DesiredServicePort, scope: Scope): readonly Endpoint[] {
  return scope === "cluster" ? port.clusterEndpoints : port.localEndpoints;
}

interface ScopedFrontends {
  readonly port: DesiredServicePort;
  readonly family: NftFamily;
  readonly scope: Scope;
  readonly frontends: readonly Frontend[];
}

/** Each frontend has the slots for itself: its address and port are what a rule can look up. */
function addSlots(ruleset: RulesetDraft, { port, family, scope, frontends }: ScopedFrontends): void {
  const endpoints = endpointsOf(port, scope);
  const picker = pickerFor(port.algorithm, endpoints);
  const first = firstSlot(scope, picker);
  const container = endpointMap(l4Protocol(port.protocol));
  const targets = slotsFor(picker, endpoints).map(
    (endpoint) => `${quote("address", endpoint.address, family)} . ${quote("port", endpoint.port)}`,
  );
  for (const frontend of frontends) {
    const key = `${quote("address", frontend.address, family)} . ${quote("port", frontend.port)}`;
    targets.forEach((target, slot) => ruleset.add(container, `${key} . ${first + slot}`, target));
  }
}

interface PortFrontend {
  readonly port: DesiredServicePort;
  readonly family: NftFamily;
  readonly frontend: Frontend;
}

function addFrontend(ruleset: RulesetDraft, { port, family, frontend }: PortFrontend): void {
  const key = frontendKey(port, family, frontend);
  const affinity = affinityOf(port, family, frontend);
  if (frontend.kind === "clusterIP") {
    ruleset.add(containers.clusterIPs, quote("address", frontend.address, family));
  }
  addRoute(ruleset, { port, family, frontend, key, affinity });
  if (!scopesOf(frontend).some((scope) => endpointsOf(port, scope).length > 0)) return;
  const after = afterTranslation(frontend, affinity);
  if (after !== undefined) {
    if (after.chain !== undefined) ruleset.need(after.chain);
    ruleset.add(containers.postFrontends, key, after.verdict);
  }
  if (affinity !== undefined) {
    ruleset.need(affinity.record);
    ruleset.add(containers.inputFrontends, key, `jump ${affinity.record.name}`);
    ruleset.remember(affinity.memories(frontend), affinity.maps);
  }
}

function frontendKey(port: DesiredServicePort, family: NftFamily, frontend: Frontend): string {
  const address = quote("address", frontend.address, family);
  return `${address} . ${l4Protocol(port.protocol)} . ${quote("port", frontend.port)}`;
}

function affinityOf(port: DesiredServicePort, family: NftFamily, frontend: Frontend): Affinity | undefined {
  if (port.affinityTimeoutSeconds === undefined) return undefined;
  return buildAffinity(family, {
    port,
    route: frontend.route.kind,
    scopes: new Map(scopesOf(frontend).map((scope) => [scope, endpointsOf(port, scope)])),
    timeoutSeconds: port.affinityTimeoutSeconds,
  });
}

interface KeyedFrontend extends PortFrontend {
  readonly key: string;
  readonly affinity: Affinity | undefined;
}

function addRoute(ruleset: RulesetDraft, { port, family, frontend, key, affinity }: KeyedFrontend): void {
  const verdict = (scope: Scope): string => {
    const endpoints = endpointsOf(port, scope);
    if (endpoints.length === 0) return port.hasUsableEndpoints ? "drop" : `goto ${chains.noEndpoints}`;
    const picker = pickerFor(port.algorithm, endpoints);
    const protocol = l4Protocol(port.protocol);
    const scheduler = schedulerChain({ family, protocol, scope, picker, owner: port.name });
    const chain = affinity === undefined ? scheduler : affinity.recall(scope, scheduler);
    ruleset.need(chain);
    return `goto ${chain.name}`;
  };
  const route = (): string => {
    if (frontend.route.kind !== "externalLocal") return verdict(frontend.route.kind);
    ruleset.add(containers.nodeFrontends, key, verdict("cluster"));
    ruleset.add(containers.outsideFrontends, key, verdict("local"));
    return `goto ${chains.externalLocal}`;
  };

  if (frontend.allowedSources === undefined) {
    ruleset.add(containers.frontends, key, route());
    return;
  }
  ruleset.add(containers.frontends, key, `goto ${chains.checkSource}`);
  ruleset.add(containers.allowedFrontends, key, route());
  for (const cidr of withoutNested(frontend.allowedSources)) {
    ruleset.add(containers.allowedSources, `${key} . ${quote("cidr", cidr, family)}`);
  }
}

interface AfterTranslation {
  readonly verdict: string;
  readonly chain: Chain | undefined;
}

/**
 * What a frontend's connections get after DNAT. Those to a ClusterIP are masqueraded by rules of the base ruleset, external
 * ones always, and with externalTrafficPolicy Local only where the node itself is the client.
 */
function afterTranslation(frontend: Frontend, affinity: Affinity | undefined): AfterTranslation | undefined {
  const masquerade = frontend.route.kind === "cluster" ? "all" : "host";
  if (frontend.kind === "clusterIP") {
    return affinity && { verdict: `jump ${affinity.record.name}`, chain: undefined };
  }
  // After `goto` nothing else of the post chain runs; a host-only masquerade may leave hairpin traffic to it.
  const verb = masquerade === "all" ? "goto" : "jump";
  if (affinity === undefined) {
    const chain = masquerade === "all" ? chains.masquerade : chains.masqueradeHost;
    return { verdict: `${verb} ${chain}`, chain: undefined };
  }
  const chain = recordAndMasquerade(affinity.record, masquerade);
  return { verdict: `${verb} ${chain.name}`, chain };
}

class RulesetDraft {
  readonly #elements: Element[] = [];
  /** Elements of sets. Several ports of a Service may bring the same. */
  readonly #members = new Set<string>();
  readonly #chains = new Map<string, readonly string[]>();
  readonly #maps = new Map<string, string>();
  readonly #memories: AffinityMemory[] = [];

  add(container: ContainerName, key: string, data?: string): void {
    const element = { container, key, data };
    if (data === undefined) {
      const id = elementId(element);
      if (this.#members.has(id)) return;
      this.#members.add(id);
    }
    this.#elements.push(element);
  }

  need(chain: Chain): void {
    if (this.#chains.has(chain.name)) return;
    for (const needed of chain.needs) this.need(needed);
    this.#chains.set(chain.name, chain.rules);
  }

  remember(memories: readonly AffinityMemory[], maps: ReadonlyMap<string, string>): void {
    this.#memories.push(...memories);
    for (const [name, declaration] of maps) this.#maps.set(name, declaration);
  }

  finish(): ServiceRuleset {
    return {
      elements: this.#elements,
      chains: this.#chains,
      maps: this.#maps,
      memories: this.#memories,
    };
  }
}
