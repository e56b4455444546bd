import { join } from "node:path";
import type { FrontendCount } from "../../agent/dataplane/dataplane.ts";
import type { ConnectionCounts } from "../../agent/services/endpoints/endpoint-connections.ts";
import type { ProxyMode, SchedulingAlgorithm } from "../../crds/api.ts";
import { RequestProgram } from "../../playground/nodes/request-program.ts";
import type { NodeName } from "../scenarios/addresses.ts";
import type { ClusterState } from "../scenarios/scenario.ts";

/** The input of `dataplane-host.ts` at its start. */
export interface HostOptions {
  readonly mode: ProxyMode;
  readonly node: NodeName;
}

/** What it can be asked. */
export type HostRequest =
  | { readonly kind: "missingRequirements" }
  | { readonly kind: "supports"; readonly algorithm: SchedulingAlgorithm }
  | { readonly kind: "program"; readonly state: ClusterState }
  | { readonly kind: "cleanUp" }
  | { readonly kind: "forgetFlows" }
  | { readonly kind: "countFrontends" }
  | { readonly kind: "countConnections" }
  | { readonly kind: "close" };

/** What it answers: a result, or why the request failed. */
export type HostReply = { readonly result: unknown } | { readonly failure: string };

/**
 * The dataplane of a node in a process inside the node's network namespace, as its agent would have it: sockets of a mode open
 * there, and what it loads into the kernel is attached there. Every call rejects when the process has ended, with what it said.
 */
export class HostedDataplane {
  readonly #host: RequestProgram;

  constructor(namespace: string, options: HostOptions) {
    const program = join(import.meta.dirname, "dataplane-host.ts");
    this.#host = new RequestProgram({ namespace, program, argument: options, heapMegabytes: 512 });
  }

  /** What the node lacks for the mode; empty when nothing. */
  async missingRequirements(): Promise<readonly string[]> {
    return parseTexts(await this.#ask({ kind: "missingRequirements" }));
  }

  /** Whether the mode has this algorithm. */
  async supports(algorithm: SchedulingAlgorithm): Promise<boolean> {
    return (await this.#ask({ kind: "supports", algorithm })) === true;
  }

  /** Makes the node serve the cluster. Rejects when the kernel refuses a Service. */
  async program(state: ClusterState): Promise<void> {
    await this.#ask({ kind: "program", state });
  }

  /** Leaves nothing of the mode on the node. */
  async cleanUp(): Promise<void> {
    await this.#ask({ kind: "cleanUp" });
  }

  /** Empties the node's connection table. */
  async forgetFlows(): Promise<void> {
    await this.#ask({ kind: "forgetFlows" });
  }

  /** New connections to each frontend; undefined where the mode does not count. */
  async countFrontends(): Promise<readonly FrontendCount[] | undefined> {
    return parseFrontendCounts(await this.#ask({ kind: "countFrontends" }));
  }

  /** Open connections to each endpoint. */
  async countConnections(): Promise<ConnectionCounts> {
    return parseConnectionCounts(await this.#ask({ kind: "countConnections" }));
  }

  /** Ends the process; what is in the kernel stays. */
  async close(): Promise<void> {
    try {
      await this.#ask({ kind: "close" });
    } finally {
      await this.#host.close();
    }
  }

  async #ask(request: HostRequest): Promise<unknown> {
    const reply = parseReply(await this.#host.request(request));
    if ("failure" in reply) throw new Error(reply.failure);
    return reply.result;
  }
}

/** Our own program answered; likewise below. */
function parseReply(reply: object): HostReply {
  return reply as HostReply;
}

function parseTexts(result: unknown): readonly string[] {
  return result as readonly string[];
}

function parseFrontendCounts(result: unknown): readonly FrontendCount[] | undefined {
  return result as readonly FrontendCount[] | undefined;
}

function parseConnectionCounts(result: unknown): ConnectionCounts {
  return new Map(result as readonly (readonly [string, number])[]);
}
