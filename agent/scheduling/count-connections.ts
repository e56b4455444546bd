import { firstLine } from "../../platform/errors.ts";
import { type Flow, parseFlows } from "../conntrack/parse-flows.ts";
import type { CommandRunner } from "../kernel/command.ts";
import { type ConnectionCounts, endpointKey } from "../services/endpoint-connections.ts";

// Zone 0 is the one our translations are in. Connections that were not sent through a Service are none of our doing, and
// leaving them out in the tool spares printing them.
const dumpTranslated = ["--dump", "--zone", "0", "--dst-nat", "--family"];
const timeoutMs = 60_000;

/** States of a connection that nobody has begun to close. UDP has none. */
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
  const counts = new Map<string, number>();
  for (const family of ["ipv4", "ipv6"]) {
    const result = await commands.run("conntrack", [...dumpTranslated, family], { timeoutMs });
    if (result.exitCode !== 0) throw new Error(`conntrack failed: ${firstLine(result.stderr)}`);
    addOpenFlows(counts, parseFlows(result.stdout));
  }
  return counts;
}

function addOpenFlows(counts: Map<string, number>, flows: Iterable<Flow>): void {
  for (const { protocol, state, reply } of flows) {
    if (!openStates.has(state)) continue;
    const key = endpointKey(protocol, reply.source, reply.sourcePort);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}
