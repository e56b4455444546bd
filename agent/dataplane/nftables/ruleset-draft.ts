import type { ContainerName } from "./names.ts";
import { elementId, type AffinityMemory, type Chain, type Element, type ServiceRuleset } from "./ruleset.ts";

/** Collects what one Service has in a table. */
export class RulesetDraft {
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
