import { familyOf, type IpFamily } from "../../platform/ip/address.ts";
import { firstLine } from "../../platform/errors.ts";
import type { CommandRunner } from "../kernel/command.ts";
import { type Flow, parseFlows } from "./parse-flows.ts";
import type { UdpFlow } from "./stale-flows.ts";

/** The kernel's table of tracked connections. */
export interface FlowTable {
  /**
   * Every UDP flow of the family.
   * @throws when the tool conntrack is missing or fails
   */
  listUdpFlows(family: IpFamily): Promise<Iterable<UdpFlow>>;
  /**
   * Deletes all UDP flows of any client that have this destination and reply source, and says how many there were.
   * @throws when the tool conntrack is missing or fails
   */
  deleteUdpFlows(flow: UdpFlow): Promise<number>;
}

const toolFamily: Readonly<Record<IpFamily, string>> = { IPv4: "ipv4", IPv6: "ipv6" };
// Zone 0 is the one our translations are in; other zones are those of virtual switches.
const udpInOurZone = ["--protonum", "udp", "--zone", "0"];
const timeoutMs = 120_000;

/** The table of the network namespace of `commands`, through the tool conntrack. */
export function createFlowTable(commands: CommandRunner): FlowTable {
  async function run(action: string, family: IpFamily, filter: readonly string[]): Promise<string> {
    const args = [action, "--family", toolFamily[family], ...udpInOurZone, ...filter];
    const { exitCode, stdout, stderr } = await commands.run("conntrack", args, { timeoutMs });
    // Deleting nothing is a failure for the tool.
    if (exitCode !== 0 && !stderr.includes(": 0 flow entries have been deleted")) {
      throw new Error(`conntrack ${action} failed: ${firstLine(stderr)}`);
    }
    return stdout;
  }

  return {
    async listUdpFlows(family) {
      return toUdpFlows(parseFlows(await run("--dump", family, [])));
    },
    async deleteUdpFlows({ destination, replySource }) {
      const deleted = await run("--delete", familyOf(destination.address), [
        "--orig-dst",
        destination.address,
        "--orig-port-dst",
        String(destination.port),
        "--reply-src",
        replySource.address,
        "--reply-port-src",
        String(replySource.port),
      ]);
      return [...parseFlows(deleted)].length;
    },
  };
}

function* toUdpFlows(flows: Iterable<Flow>): Generator<UdpFlow> {
  for (const { original, reply } of flows) {
    yield {
      destination: { address: original.destination, port: original.destinationPort },
      replySource: { address: reply.source, port: reply.sourcePort },
    };
  }
}
