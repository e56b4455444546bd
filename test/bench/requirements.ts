import { existsSync } from "node:fs";
import { execa } from "execa";
import type { BenchOptions } from "./options.ts";

const packageOf = { nft: "nftables", ip: "iproute2", socat: "socat", setpriv: "util-linux" } as const;

/** What this machine lacks for the benchmark, with the solution; undefined if it lacks nothing. */
export async function missingForBench({
  agent,
  kubeProxy,
}: Pick<BenchOptions, "agent" | "kubeProxy">): Promise<string | undefined> {
  if (process.platform !== "linux") return "needs Linux: it measures the rules of its kernel";
  if (process.getuid?.() !== 0)
    return "needs root, to create network namespaces and rules in them: sudo make bench";
  for (const [tool, debianPackage] of Object.entries(packageOf)) {
    if (!(await isInstalled(tool))) return `${tool} is not installed: apt-get install ${debianPackage}`;
  }
  if (!existsSync(agent)) return `${agent} does not exist: make bench builds it, or node scripts/build.ts`;
  if (kubeProxy !== undefined && !existsSync(kubeProxy)) return `KUBE_PROXY=${kubeProxy} does not exist`;
  return undefined;
}

async function isInstalled(tool: string): Promise<boolean> {
  const { failed } = await execa("which", [tool], { reject: false, stdio: "ignore" });
  return !failed;
}
