import path from "node:path";
import type { Cluster } from "../cluster.ts";
import type { Stage } from "./stage.ts";
import type { Traffic } from "./traffic.ts";

/** What every step of the demo uses. */
export interface Scene {
  readonly stage: Stage;
  readonly cluster: Cluster;
  readonly traffic: Traffic;
}

/** The demo's Service, as in `manifests/web.yaml`. */
export const web = {
  port: 80,
  nodePort: 30_080,
  clusterIPs: { IPv4: "10.96.0.80", IPv6: "fd00:10:96::80" },
  pods: ["pod1a", "pod2a", "pod3a"],
} as const;

/** Path of a manifest as a user would type it. */
export function manifest(name: string): string {
  const file = path.join(import.meta.dirname, "manifests", name);
  return path.relative(process.cwd(), file);
}

/**
 * Runs `kubectl wait` on the screen until the current ProxyConfig is Ready on every node.
 * @throws with the messages of the nodes if it does not become Ready, because no later step could work
 */
export async function waitForReady({ stage, cluster }: Scene, what: string): Promise<void> {
  const { exitCode } = await stage.kubectl(cluster, [
    "wait",
    "--for=condition=Ready",
    "pxc/default",
    "--timeout=30s",
  ]);
  if (exitCode !== 0) throw new Error(`failed: ${what}. ${await complaints(cluster)}`);
  stage.check(what, true, "");
}

async function complaints(cluster: Cluster): Promise<string> {
  const node = "{.node}: {.message}{'\\n'}";
  const template = `jsonpath={range .status.failing[*]}${node}{end}`;
  const { stdout } = await cluster.kubectl(["get", "pxc", "default", "-o", template]);
  return stdout.trim() || "No node reports a reason";
}
