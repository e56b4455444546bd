/** A file below /proc/sys/net and its value. */
type KernelSetting = readonly [file: string, value: number];

/** Written before any device exists, so that devices inherit `default`. */
const everyNamespace: readonly KernelSetting[] = [
  // Addresses are usable at once instead of after a second of duplicate address detection.
  ["ipv6/conf/all/accept_dad", 0],
  ["ipv6/conf/default/accept_dad", 0],
  ["ipv6/conf/default/accept_ra", 0],
  // Replies may take another way than requests, as in the clusters we imitate.
  ["ipv4/conf/all/rp_filter", 0],
  ["ipv4/conf/default/rp_filter", 0],
];

const router: readonly KernelSetting[] = [
  ...everyNamespace,
  ["ipv4/ip_forward", 1],
  ["ipv6/conf/all/forwarding", 1],
  ["ipv6/conf/default/forwarding", 1],
  ["ipv4/conf/all/send_redirects", 0],
  ["ipv4/conf/default/send_redirects", 0],
  // No ICMP error that matters is limited in its rate: each refused request must be told.
  ["ipv4/icmp_ratemask", 0],
  ["ipv6/icmp/ratemask", 0],
];

/** Shell text that applies the kernel settings of an end host or of a router. Constant: nothing in it comes from outside. */
export function kernelSettingsScript(role: "host" | "router"): string {
  const settings = role === "router" ? router : everyNamespace;
  return settings.map(([file, value]) => `echo ${value} > /proc/sys/net/${file}\n`).join("");
}
