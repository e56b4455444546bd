import { assertNever } from "../../../platform/assert-never.ts";
import type { IpFamily } from "../../../platform/ip/address.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import { pickerFor, slotsFor } from "../../scheduling/picker.ts";
import type {
  DesiredService,
  DesiredServicePort,
  Endpoint,
  Frontend,
  Verdict,
} from "../../services/desired-state.ts";
import { buildAffinity, recordAndMasquerade, type Affinity } from "./affinity-chains.ts";
import { firstSlot, schedulerChain } from "./bucket-chains.ts";
import { withoutNested } from "./cidr-set.ts";
import { chains, containers, endpointMap, l4Protocol, scopes, type Scope } from "./names.ts";
import { quote } from "./quote.ts";
import { RulesetDraft } from "./ruleset-draft.ts";
import type { Chain, ServiceRuleset } from "./ruleset.ts";
import { spellVerdicts, type SpelledVerdicts, type TableRules } from "./spell-verdicts.ts";
import { NftVerdictError } from "./verdict-error.ts";

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
 * @param rules What the table's base rules do; the Service's verdicts must fit them.
 * @throws {NftQuoteError} when a value of the Service cannot be written in the nft language
 * @throws {NftVerdictError} when the rules cannot express its verdicts
 */
export function buildService(service: DesiredService, family: NftFamily, rules: TableRules): ServiceRuleset {
  const ruleset = new RulesetDraft();
  for (const port of service.ports) {
    if (port.family !== ipFamilyOf[family]) continue;
    const frontends = port.frontends.map((frontend) => ({
      port,
      family,
      frontend,
      spelled: spellVerdicts(port.name, frontend, rules),
    }));
    addServicePort(ruleset, { port, family }, frontends);
  }
  return ruleset.finish();
}

interface PortContext {
  readonly port: DesiredServicePort;
  readonly family: NftFamily;
}

interface FrontendContext extends PortContext {
  readonly frontend: Frontend;
  readonly spelled: SpelledVerdicts;
}

function addServicePort(
  ruleset: RulesetDraft,
  context: PortContext,
  frontends: readonly FrontendContext[],
): void {
  for (const scope of scopes) {
    const ofScope = frontends.filter(({ spelled }) => spelled.scopes.includes(scope));
    if (ofScope.length > 0) addSlots(ruleset, context, scope, ofScope);
  }
  addHairpin(ruleset, context);
  for (const frontend of frontends) addFrontend(ruleset, frontend);
}

function endpointsOf(port: DesiredServicePort, scope: Scope): readonly Endpoint[] {
  return scope === "cluster" ? port.clusterEndpoints : port.localEndpoints;
}

/** Each frontend has the slots for itself: its address and port are what a rule can look up. */
function addSlots(
  ruleset: RulesetDraft,
  { port, family }: PortContext,
  scope: Scope,
  frontends: readonly FrontendContext[],
): void {
  const endpoints = endpointsOf(port, scope);
  const picker = pickerFor(port.algorithm, endpoints);
  const first = firstSlot(scope, picker);
  const container = endpointMap(l4Protocol(port.protocol));
  const targets = slotsFor(picker, endpoints).map(
    (endpoint) => `${quote("address", endpoint.address, family)} . ${quote("port", endpoint.port)}`,
  );
  for (const { frontend } of frontends) {
    const key = `${quote("address", frontend.address, family)} . ${quote("port", frontend.port)}`;
    targets.forEach((target, slot) => ruleset.add(container, `${key} . ${first + slot}`, target));
  }
}

function addHairpin(ruleset: RulesetDraft, { port, family }: PortContext): void {
  for (const endpoint of [...port.clusterEndpoints, ...port.localEndpoints]) {
    if (!endpoint.local) continue;
    const address = quote("address", endpoint.address, family);
    ruleset.add(containers.hairpin, `${address} . ${address}`);
  }
}

function addFrontend(ruleset: RulesetDraft, context: FrontendContext): void {
  const { port, family, frontend, spelled } = context;
  const key = frontendElement(context);
  const affinity = affinityOf(context);
  if (frontend.kind === "clusterIP") {
    ruleset.add(containers.clusterIPs, quote("address", frontend.address, family));
  }
  addRouting(ruleset, { port, family, frontend, spelled, key, affinity });
  if (!spelled.scopes.some((scope) => endpointsOf(port, scope).length > 0)) return;
  const after = afterTranslation(spelled, affinity);
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

/** Key of a frontend in the maps of verdicts. */
function frontendElement({ port, family, frontend }: FrontendContext): string {
  const address = quote("address", frontend.address, family);
  return `${address} . ${l4Protocol(port.protocol)} . ${quote("port", frontend.port)}`;
}

function affinityOf({ port, family, spelled }: FrontendContext): Affinity | undefined {
  if (port.affinityTimeoutSeconds === undefined) return undefined;
  return buildAffinity(family, {
    port,
    scopes: new Map(spelled.scopes.map((scope) => [scope, endpointsOf(port, scope)])),
    timeoutSeconds: port.affinityTimeoutSeconds,
  });
}

interface KeyedFrontend extends FrontendContext {
  readonly key: string;
  readonly affinity: Affinity | undefined;
}

/** Behind the check of allowed sources where there is one. */
function addRouting(ruleset: RulesetDraft, context: KeyedFrontend): void {
  const { family, frontend, key } = context;
  const target = routingTarget(ruleset, context);
  if (frontend.allowedSources === undefined) {
    ruleset.add(containers.frontends, key, target);
    return;
  }
  ruleset.add(containers.frontends, key, `goto ${chains.checkSource}`);
  ruleset.add(containers.allowedFrontends, key, target);
  for (const cidr of withoutNested(frontend.allowedSources)) {
    ruleset.add(containers.allowedSources, `${key} . ${quote("cidr", cidr, family)}`);
  }
}

function routingTarget(ruleset: RulesetDraft, context: KeyedFrontend): string {
  const { routing } = context.spelled;
  if (routing.kind === "alike") return verdictText(ruleset, context, routing.verdict);
  ruleset.add(containers.nodeFrontends, context.key, verdictText(ruleset, context, routing.inside));
  ruleset.add(containers.outsideFrontends, context.key, verdictText(ruleset, context, routing.outside));
  return `goto ${chains.byOrigin}`;
}

function verdictText(ruleset: RulesetDraft, context: KeyedFrontend, verdict: Verdict): string {
  switch (verdict.kind) {
    case "drop":
      return "drop";
    case "refuse":
      return `goto ${chains.noEndpoints}`;
    case "loadBalance": {
      const chain = balancingChain(context, verdict.endpoints);
      ruleset.need(chain);
      return `goto ${chain.name}`;
    }
    default:
      return assertNever(verdict);
  }
}

function balancingChain({ port, family, frontend, affinity }: KeyedFrontend, scope: Scope): Chain {
  const endpoints = endpointsOf(port, scope);
  if (endpoints.length === 0) {
    const where = `${port.name} at ${frontend.address}`;
    throw new NftVerdictError(
      `${where}: there are no ${scope} endpoints to balance among`,
      frontend.verdicts,
    );
  }
  const picker = pickerFor(port.algorithm, endpoints);
  const protocol = l4Protocol(port.protocol);
  const scheduler = schedulerChain({ family, protocol, scope, picker, owner: port.name });
  return affinity === undefined ? scheduler : affinity.recall(scope, scheduler);
}

interface AfterTranslation {
  readonly verdict: string;
  readonly chain: Chain | undefined;
}

/** What a frontend's connections get after DNAT; undefined when only base rules look at them. */
function afterTranslation(
  { masquerade }: SpelledVerdicts,
  affinity: Affinity | undefined,
): AfterTranslation | undefined {
  if (masquerade === "none") return affinity && { verdict: `jump ${affinity.record.name}`, chain: undefined };
  // After `goto` nothing else of the post chain runs; a host-only masquerade may leave hairpin traffic to it.
  const verb = masquerade === "all" ? "goto" : "jump";
  if (affinity === undefined) {
    const chain = masquerade === "all" ? chains.masquerade : chains.masqueradeHost;
    return { verdict: `${verb} ${chain}`, chain: undefined };
  }
  const chain = recordAndMasquerade(affinity.record, masquerade);
  return { verdict: `${verb} ${chain.name}`, chain };
}
