/** A file below /proc/sys/net and its value. */
type KernelSetting = readonly [file: string, value: number];

/** Written before any device exists, so that devices inherit `default`. */
const everyNamespace: readonly KernelSetting[] = [
  // Addresses are usable at once instead of after a second of duplicate address detection.
  ["ipv6/conf/all/accept_dad", 0],
  ["ipv6/conf/default/accept_dad", 0],
  ["ipv6/conf/default/accept_ra", 0],
  // Replies may take a different path than requests, as in real clusters.
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
  // No rate limit for relevant ICMP errors: the client must learn of each rejected request.
  ["ipv4/icmp_ratemask", 0],
  ["ipv6/icmp/ratemask", 0],
];

/** Shell text that applies the kernel settings of an end host or of a router. Constant, without any external input. */
export function kernelSettingsScript(role: "host" | "router"): string {
  const settings = role === "router" ? router : everyNamespace;
  return settings.map(([file, value]) => `echo ${value} > /proc/sys/net/${file}\n`).join("");
}
