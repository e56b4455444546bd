import type { AgentNode } from "../../support/agent-node.ts";

/** Flows of a node to the address, as the kernel lists them. */
export async function flowsTo(
  node: AgentNode,
  address: string,
  protocol = "udp",
): Promise<readonly string[]> {
  const family = address.includes(":") ? "ipv6" : "ipv4";
  const listing = await node.run("conntrack", ["-L", "-f", family, "-p", protocol, "-d", address]);
  return listing.split("\n").filter((line) => line !== "");
}
