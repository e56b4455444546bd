import type { NodeProxyConfig } from "../../../crds/api.ts";
import type { KernelSetting } from "../../kernel/proc/kernel-settings.ts";

const hashSizeFile = "sys/module/nf_conntrack/parameters/hashsize";
/** kube-proxy's bound of maxPerCore times cores. */
const largestScaledMax = 1_048_576;

/**
 * What the settings say about connection tracking; nothing for a 0 or false, which leave the kernel's value.
 *
 * @param cores CPU cores of the node, at least 1
 */
export function planSysctls(config: NodeProxyConfig["conntrack"], cores: number): readonly KernelSetting[] {
  const max = conntrackMax(config, cores);
  return [
    ...(max === 0 ? [] : [sysctl("max", max), { file: hashSizeFile, value: max >> 2, onlyRaise: true }]),
    ...[
      sysctl("tcp_timeout_established", config.tcpEstablishedTimeoutSeconds),
      sysctl("tcp_timeout_close_wait", config.tcpCloseWaitTimeoutSeconds),
      sysctl("udp_timeout", config.udpTimeoutSeconds),
      sysctl("udp_timeout_stream", config.udpStreamTimeoutSeconds),
      sysctl("tcp_be_liberal", config.tcpBeLiberal ? 1 : 0),
    ].filter(({ value }) => value !== 0),
  ];
}

/** 0 leaves the kernel's value. */
function conntrackMax({ maxPerCore, min }: NodeProxyConfig["conntrack"], cores: number): number {
  return maxPerCore === 0 ? 0 : Math.max(min, Math.min(maxPerCore * cores, largestScaledMax));
}

function sysctl(name: string, value: number): KernelSetting {
  return { file: `proc/sys/net/netfilter/nf_conntrack_${name}`, value, onlyRaise: false };
}
