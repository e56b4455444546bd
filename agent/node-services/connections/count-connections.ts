import { transportKey } from "../../../platform/ip/socket-address.ts";
import { firstLine } from "../../../platform/errors.ts";
import { type Flow, parseFlows } from "../../kernel/conntrack/parse-flows.ts";
import type { CommandRunner } from "../../kernel/command/command.ts";
import type { ConnectionCounts } from "../../services/endpoints/endpoint-connections.ts";

// Zone 0 is the one our translations are in. Connections that were not sent through a Service are none of our doing, and
// leaving them out in the tool spares printing them.
const dumpTranslated = ["--dump", "--zone", "0", "--dst-nat", "--family"];
const timeoutMs = 60_000;

/** States of a connection that neither side has begun to close. UDP has none. */
const openStates: ReadonlySet<string | undefined> = new Set([
  undefined,
  "SYN_SENT",
  "SYN_SENT2",
  "SYN_RECV",
  "COOKIE_WAIT",
  "COOKIE_ECHOED",
  "ESTABLISHED",
]);

/**
 * How many open connections this node has sent to each endpoint.
 * @throws when the tool conntrack is missing, fails, or prints what cannot be read
 */
export async function countConnections(commands: CommandRunner): Promise<ConnectionCounts> {
  const tally = new Tally();
  for (const family of ["ipv4", "ipv6"]) {
    const args = [...dumpTranslated, family];
    const onStdout = (text: string): void => tally.read(text);
    const { exitCode, stderr } = await commands.run("conntrack", args, { timeoutMs, onStdout });
    if (exitCode !== 0) throw new Error(`conntrack failed: ${firstLine(stderr)}`);
  }
  return tally.finish();
}

/** Counts while the tool prints: a table of 100,000 connections is 18 MB of text, which nothing else should wait for. */
class Tally {
  readonly #counts = new Map<string, number>();
  #unfinishedLine = "";
  #error: Error | undefined;

  read(text: string): void {
    if (this.#error !== undefined) return;
    const end = text.lastIndexOf("\n") + 1;
    const lines = end === 0 ? "" : this.#unfinishedLine + text.slice(0, end);
    this.#unfinishedLine = end === 0 ? this.#unfinishedLine + text : text.slice(end);
    try {
      for (const flow of parseFlows(lines)) this.#add(flow);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
  }

  #add({ protocol, state, reply }: Flow): void {
    if (!openStates.has(state)) return;
    const key = transportKey(protocol, { address: reply.source, port: reply.sourcePort });
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  finish(): ConnectionCounts {
    if (this.#error !== undefined) throw this.#error;
    return this.#counts;
  }
}
