import type { SchedulingAlgorithm } from "../../../crds/api.ts";
import type { ProbeResult } from "../../nodes/prober.ts";
import { waitForReady, web, type Scene } from "../scene.ts";
import { describeSpread } from "../traffic.ts";

/** Changes the scheduling algorithm without a restart and checks how connections are distributed over the pods. */
export async function reschedule(scene: Scene): Promise<void> {
  const { stage } = scene;
  stage.title("The scheduling algorithm changes without a restart");
  const random = await spread(scene, 300);
  stage.check(
    "Random: each of three pods gets about a third of 300 connections",
    web.pods.every((pod) => isBetween(countOf(random, pod), 60, 140)),
    describeSpread(random),
  );

  await choose(scene, "RoundRobin");
  const inTurn = await spread(scene, 30);
  stage.check(
    "RoundRobin: each pod gets exactly a third of 30 connections",
    web.pods.every((pod) => countOf(inTurn, pod) === 10),
    describeSpread(inTurn),
  );

  await choose(scene, "SourceHash");
  const hashed = await spread(scene, 30);
  stage.check(
    "SourceHash: one client stays on one pod",
    Object.keys(hashed.answers).length === 1 && Object.keys(hashed.failures).length === 0,
    describeSpread(hashed),
  );

  await choose(scene, "Random");
}

async function choose(scene: Scene, algorithm: SchedulingAlgorithm): Promise<void> {
  const patch = JSON.stringify({ spec: { scheduling: { algorithm } } });
  await scene.stage.kubectl(scene.cluster, ["patch", "pxc", "default", "--type=merge", "-p", patch]);
  await waitForReady(scene, `${algorithm} runs on every node`);
}

async function spread({ traffic }: Scene, count: number): Promise<ProbeResult> {
  return await traffic.ask("a pod", { address: web.clusterIPs.IPv4, port: web.port, count });
}

function countOf({ answers }: ProbeResult, pod: string): number {
  return answers[pod]?.count ?? 0;
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
