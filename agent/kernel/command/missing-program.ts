import { firstLine } from "../../../platform/errors.ts";
import { CommandMissingError } from "./command.ts";

/** Debian packages of the programs that the agent runs. */
const packageOf: Readonly<Record<string, string>> = {
  nft: "nftables",
  ip: "iproute2",
  ss: "iproute2",
  socat: "socat",
  iptables: "iptables",
  "iptables-restore": "iptables",
  "iptables-save": "iptables",
  "ip6tables-restore": "iptables",
  "ip6tables-save": "iptables",
  ipvsadm: "ipvsadm",
  ipset: "ipset",
  conntrack: "conntrack",
  bpftool: "bpftool",
  modprobe: "kmod",
  sysctl: "procps",
};

/** Says that a program is not installed, and how to install it. */
export function notInstalled(command: string): CommandMissingError {
  return new CommandMissingError(
    command,
    `${command} is not installed: apt-get install ${packageOf[command] ?? command}`,
  );
}

/** Whether a program that could be started says that it could not start the command: `ip netns exec` does. */
export function isMissingInsideNetns(stderr: string): boolean {
  return /^exec of "[^"]*" failed: No such file or directory/.test(firstLine(stderr));
}
