import { AppliedState, type ServiceChange } from "../../agent/dataplane/nftables/applied-state.ts";
import { baseRuleset } from "../../agent/dataplane/nftables/base-ruleset.ts";
import { renderBase, renderObjects, renderPlan, renderRemoval } from "../../agent/dataplane/nftables/render.ts";
import type { NftFamily } from "../../agent/kernel/nft/nft-session.ts";
import type { CatalogChanges } from "../../agent/services/catalog/service-catalog.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { ScenarioNode } from "../support/scenario-node.ts";

/** What node1 sends to nft for one step of a scenario. */
export interface RenderedStep {
  readonly name: string | undefined;
  /** Commands that create an empty table, where the step needs one: at the start and when the node's facts change. */
  readonly base: RenderedBase | undefined;
  /** Commands of the Services: all of them after `base`, else what differs from the step before. */
  readonly services: Readonly<Record<NftFamily, readonly string[]>>;
}

export interface RenderedBase extends Readonly<Record<NftFamily, readonly string[]>> {
  /** What it depends on. */
  readonly facts: string;
}

/** The transactions of a scenario, as the nftables dataplane of node1 renders them. */
export function renderScenario({ steps }: Scenario): readonly RenderedStep[] {
  const node = new ScenarioNode("node1");
  const tables = { ip: new TableRenderer("ip"), ip6: new TableRenderer("ip6") };
  return steps.map((step) => {
    const changes = node.update(step);
    const isFull = changes.scope.kind === "full";
    return {
      name: step.name,
      base: isFull
        ? { facts: describeNode(changes), ip: tables.ip.base(changes), ip6: tables.ip6.base(changes) }
        : undefined,
      services: { ip: tables.ip.services(changes), ip6: tables.ip6.services(changes) },
    };
  });
}

function describeNode({ desired: { node } }: CatalogChanges): string {
  const { kind, ...detector } = node.ipv4.localDetector;
  const pods = [kind, ...Object.values(detector)].join(" ");
  return node.ipv4.masqueradeAll ? `pods ${pods}, masqueradeAll` : `pods ${pods}`;
}

class TableRenderer {
  readonly #family: NftFamily;
  #state: AppliedState;

  constructor(family: NftFamily) {
    this.#family = family;
    this.#state = new AppliedState(family);
  }

  /** Forgets what the table holds. */
  base({ desired }: CatalogChanges): readonly string[] {
    this.#state = new AppliedState(this.#family);
    const facts = this.#family === "ip" ? desired.node.ipv4 : desired.node.ipv6;
    return renderBase(this.#family, baseRuleset(this.#family, facts));
  }

  services({ desired, scope }: CatalogChanges): readonly string[] {
    const names = scope.kind === "full" ? desired.services.keys() : scope.services;
    const changes = [...names]
      .toSorted()
      .map((name): ServiceChange => ({ name, after: desired.services.get(name) }));
    const plan = this.#state.plan(changes);
    this.#state.record(plan);
    const unused = { chains: [...plan.unusedChains.keys()], maps: plan.unusedMaps, sets: [] };
    return [
      ...renderObjects(this.#family, plan),
      ...renderPlan(this.#family, plan),
      ...renderRemoval(this.#family, unused),
    ];
  }
}
