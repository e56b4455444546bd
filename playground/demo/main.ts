/** `make demo`: a small cluster on this machine with real kubectl and real packets. Ends with "demo: N checks passed, N failed". */
import { existsSync } from "node:fs";
import path from "node:path";
import { createLogger } from "../../platform/logger.ts";
import { errorMessage } from "../../platform/errors.ts";
import { startCluster } from "../cluster.ts";
import { namespacesOf } from "../nodes/network-plan.ts";
import type { Scene } from "./scene.ts";
import { Stage } from "./stage.ts";
import { killAgent, weighAgents } from "./steps/kill-agent.ts";
import { loseEndpoint } from "./steps/lose-endpoint.ts";
import { reach } from "./steps/reach.ts";
import { refuseInvalid } from "./steps/refuse-invalid.ts";
import { reschedule } from "./steps/reschedule.ts";
import { showStatus, steer } from "./steps/steer.ts";
import { Traffic } from "./traffic.ts";

const folder = path.join(import.meta.dirname, "../../.playground/demo");
const stage = new Stage({
  write: (text) => process.stdout.write(text),
  color: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
});
const stop = new AbortController();
process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());

try {
  await run();
} catch (error) {
  stage.check("the demo completes", false, stop.signal.aborted ? "interrupted" : errorMessage(error));
  stage.say(`Logs of the programs: ${path.join(folder, "logs")}`);
}
process.stdout.write(`\ndemo: ${stage.passed} checks passed, ${stage.failed} failed\n`);
process.exit(stage.failed === 0 ? 0 : 1);

async function run(): Promise<void> {
  stage.title("A Kubernetes cluster on this machine");
  stage.say("An API server, three nodes with two pods each, and an outside client in network namespaces,");
  stage.say("with the operator and one agent per node as real processes.");
  const cluster = await startCluster({
    name: "kubesteer-demo",
    port: 0,
    folder,
    log: createLogger({ name: "demo", level: "error" }),
    signal: stop.signal,
  });
  const traffic = new Traffic(cluster.topology);
  const closeAll = async (): Promise<void> => {
    await traffic[Symbol.asyncDispose]();
    await cluster.close();
  };
  stop.signal.addEventListener("abort", () => void closeAll());
  try {
    await play({ stage, cluster, traffic });
  } finally {
    await closeAll();
  }
  stage.title("Nothing is left behind");
  const left = namespacesOf(cluster.topology).filter((name) => existsSync(`/run/netns/${name}`));
  stage.check("every network namespace is removed", left.length === 0, left.join(", "));
}

async function play(scene: Scene): Promise<void> {
  await steer(scene);
  await reach(scene);
  await showStatus(scene);
  await reschedule(scene);
  await loseEndpoint(scene);
  await killAgent(scene);
  await refuseInvalid(scene);
  weighAgents(scene);
}
