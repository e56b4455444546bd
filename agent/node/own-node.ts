import type { NodeFacts } from "../../crds/node-facts.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import { watchObject } from "../watch/watch-object.ts";
import { nextPresence, type NodePresence } from "./node-presence.ts";
import { type ObservedNode, observeNode } from "./observe-node.ts";

export interface OwnNodeDeps {
  readonly name: string;
  /** The Node has changed, or was read for the first time. */
  readonly onFacts: (facts: NodeFacts) => void;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Follows the Node object of this node. */
export class OwnNode {
  readonly #deps: OwnNodeDeps;
  #presence: NodePresence = { kind: "unknown" };

  constructor(deps: OwnNodeDeps) {
    this.#deps = deps;
  }

  get presence(): NodePresence {
    return this.#presence;
  }

  /** Runs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, client, clock, log } = this.#deps;
    await watchObject({
      client,
      clock,
      log,
      signal,
      resource: resources.nodes,
      name,
      read: observeNode,
      onChange: (node) => this.#onChange(node),
    });
  }

  #onChange(node: ObservedNode | undefined): void {
    const { name, onFacts, log } = this.#deps;
    this.#presence = nextPresence(this.#presence, node);
    if (node === undefined) log.warn({ node: name }, "the Node does not exist");
    else onFacts(node.facts);
  }
}
