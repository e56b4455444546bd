import { execa } from "execa";
import type { AddressPair } from "../../playground/nodes/network-plan.ts";
import { nodeNamed } from "../scenarios/addresses.ts";
import type { Stage } from "./stage.ts";

/** The bridge of node1, as CNI plugin bridge would name it. */
export const podBridge = "cni0";

/** Of each network namespace by itself. */
const settings = ["iptables", "ip6tables"].map((tables) => `/proc/sys/net/bridge/bridge-nf-call-${tables}`);

/**
 * Joins the pods of node1 by a bridge instead of a routed link each. Packets of the bridge pass the rules for routed ones, as
 * kubelet and network plugins have it: what is translated to a pod on the same bridge is bridged, and never routed.
 */
export async function bridgePods(stage: Stage): Promise<void> {
  const { podCIDRs, podGateway, pods } = nodeNamed("node1");
  const node = stage.namespaceOf("node1");
  await ip(node, [
    `link add ${podBridge} type bridge mcast_snooping 0`,
    ...pods.flatMap(({ name, ...address }) => [
      ...onBoth(address, (host) => `route delete ${host} dev ${name}`),
      ...onBoth(podGateway, (host) => `address delete ${host} dev ${name}`),
      `link set ${name} master ${podBridge}`,
      // Without it a bridge never sends a packet back to where it came from.
      `link set ${name} type bridge_slave hairpin on`,
    ]),
    `address add ${podGateway.ipv4}/24 dev ${podBridge}`,
    `address add ${podGateway.ipv6}/64 dev ${podBridge} nodad`,
    `link set ${podBridge} up`,
  ]);
  for (const pod of ["pod1a", "pod1b"] as const) {
    await ip(stage.namespaceOf(pod), [
      `route add ${podCIDRs.ipv4} dev eth0`,
      `route add ${podCIDRs.ipv6} dev eth0`,
    ]);
  }
  const input = settings.map((file) => `echo 1 > ${file}\n`).join("");
  await execa("ip", ["netns", "exec", node, "sh", "-e"], { input });
}

/** Whether the kernel can let packets of bridges pass the rules for routed ones. */
export async function hasBridgeNetfilter(stage: Stage): Promise<boolean> {
  const reading = ["netns", "exec", stage.namespaceOf("node1"), "cat", ...settings];
  return !(await execa("ip", reading, { reject: false })).failed;
}

function onBoth({ ipv4, ipv6 }: AddressPair, line: (host: string) => string): readonly string[] {
  return [line(`${ipv4}/32`), line(`${ipv6}/128`)];
}

async function ip(namespace: string, lines: readonly string[]): Promise<void> {
  await execa("ip", ["-n", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}
