import { familyOf, type IpFamily } from "../../../platform/ip/address.ts";
import { firstLine } from "../../../platform/errors.ts";
import type { CommandRunner } from "../command/command.ts";
import { type Flow, parseFlows } from "./parse-flows.ts";
import type { FlowGroup } from "./flow-group.ts";

/** The kernel's table of tracked connections. */
export interface FlowTable {
  /**
   * Every UDP flow of the family.
   * @throws when the tool conntrack is missing or fails
   */
  listUdpFlows(family: IpFamily): Promise<Iterable<FlowGroup>>;
  /**
   * Every TCP connection of the family whose first packet is still unanswered.
   * @throws when the tool conntrack is missing or fails
   */
  listTcpAttempts(family: IpFamily): Promise<Iterable<FlowGroup>>;
  /**
   * Deletes all UDP flows of any client that have this destination and reply source, and says how many there were.
   * @throws when the tool conntrack is missing or fails
   */
  deleteUdpFlows(flow: FlowGroup): Promise<number>;
  /**
   * Deletes all unanswered TCP connections of any client that have this destination and reply source, and says how many
   * there were.
   * @throws when the tool conntrack is missing or fails
   */
  deleteTcpAttempts(flow: FlowGroup): Promise<number>;
}

const toolFamily: Readonly<Record<IpFamily, string>> = { IPv4: "ipv4", IPv6: "ipv6" };
// Zone 0 is the one our translations are in; other zones are those of virtual switches.
const udpFlows = ["--protonum", "udp", "--zone", "0"];
const tcpAttempts = ["--protonum", "tcp", "--state", "SYN_SENT", "--zone", "0"];
const timeoutMs = 120_000;

/** The table of the network namespace of `commands`, through the tool conntrack. */
export function createFlowTable(commands: CommandRunner): FlowTable {
  async function run(action: string, family: IpFamily, filter: readonly string[]): Promise<string> {
    const args = [action, "--family", toolFamily[family], ...filter];
    const { exitCode, stdout, stderr } = await commands.run("conntrack", args, { timeoutMs });
    // The tool fails when nothing matches.
    if (exitCode !== 0 && !stderr.includes(": 0 flow entries have been deleted")) {
      throw new Error(`conntrack ${action} failed: ${firstLine(stderr)}`);
    }
    return stdout;
  }

  async function list(kind: readonly string[], family: IpFamily): Promise<Iterable<FlowGroup>> {
    return toFlowGroups(parseFlows(await run("--dump", family, kind)));
  }

  async function remove(kind: readonly string[], { destination, replySource }: FlowGroup): Promise<number> {
    const deleted = await run("--delete", familyOf(destination.address), [
      ...kind,
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
  }

  return {
    listUdpFlows: (family) => list(udpFlows, family),
    listTcpAttempts: (family) => list(tcpAttempts, family),
    deleteUdpFlows: (flow) => remove(udpFlows, flow),
    deleteTcpAttempts: (flow) => remove(tcpAttempts, flow),
  };
}

function* toFlowGroups(flows: Iterable<Flow>): Generator<FlowGroup> {
  for (const { original, reply } of flows) {
    yield {
      destination: { address: original.destination, port: original.destinationPort },
      replySource: { address: reply.source, port: reply.sourcePort },
    };
  }
}
