import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../../wait-until.ts";
import { web, type Scene } from "../scene.ts";
import { describeLoad, underLoad } from "./under-load.ts";

const mebibyte = 1_048_576;
const agentLimitMebibytes = 160;

/** Kills the agent of the node that all traffic goes through under load, and starts it again. */
export async function killAgent(scene: Scene): Promise<void> {
  const { stage, cluster, traffic } = scene;
  stage.title("An agent is killed under load");
  const agent = cluster.agents.get("node1");
  if (agent === undefined) throw new Error("node1 has no agent");
  const load = await underLoad(scene, async () => {
    await delay(1_000);
    stage.say(`$ kill -KILL ${agent.pid}   # the agent of node1`);
    await agent.stop("SIGKILL");
    await delay(2_000);
    stage.check("its process is gone", agent.pid === undefined, "");
    await stage.kubectl(cluster, ["label", "pod", "pod2a", "app-"]);
    agent.start();
    await waitUntil("the new agent to apply what changed in the meantime", async () => {
      const { answers } = await traffic.ask("a pod", {
        address: web.clusterIPs.IPv4,
        port: web.port,
        count: 30,
      });
      return answers["pod2a"] === undefined;
    });
    stage.check(
      "a new agent applies what changed in the meantime",
      agent.pid !== undefined,
      `pid ${agent.pid}`,
    );
    await stage.kubectl(cluster, ["label", "pod", "pod2a", "app=web"]);
  });
  stage.check(
    "no request failed in the meantime",
    load.failed === 0 && load.requests > 100,
    describeLoad(load),
  );
}

/** Checks the resident memory of each agent, as reported by the kernel. */
export function weighAgents({ stage, cluster }: Scene): void {
  stage.title("Memory of the agents");
  for (const [node, { pid }] of cluster.agents) {
    const mebibytes = pid === undefined ? Number.NaN : Math.round(residentBytes(pid) / mebibyte);
    stage.check(
      `the agent of ${node} stays under ${agentLimitMebibytes} MiB`,
      mebibytes <= agentLimitMebibytes,
      `${mebibytes} MiB`,
    );
  }
}

function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1_024;
}
