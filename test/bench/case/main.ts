/**
 * Measures one candidate with one cluster size. Runs as root in an empty network namespace, which it configures. API server and
 * observers are in this process, so that all times come from one clock.
 *
 *   ip netns exec NAMESPACE node test/bench/case/main.ts CASE    # JSON, see case-description.ts
 */
import { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { ServiceProbe } from "../kernel/service-probe.ts";
import { createKubeProxy } from "../proxies/kube-proxy.ts";
import { createKubesteer } from "../proxies/kubesteer.ts";
import { parseCaseDescription, stepNames, type CaseDescription, type StepName } from "./case-description.ts";
import { measureChurn } from "./churn.ts";
import { measureColdStart, startProxy } from "./cold-start.ts";
import { measureForeignFlush } from "./foreign-flush.ts";
import { measureIdle } from "./idle.ts";
import { measureLayout } from "./layout.ts";
import { measureOneChange } from "./one-change.ts";
import { measureTraffic } from "./traffic.ts";
import { measureRestart } from "./restart.ts";
import { progress, type RunningCase, type Step } from "./running-case.ts";

const steps: Readonly<Record<StepName, Step>> = {
  cold: measureColdStart,
  change: measureOneChange,
  churn: measureChurn,
  idle: measureIdle,
  restart: measureRestart,
  flush: measureForeignFlush,
  traffic: measureTraffic,
};

const [description] = process.argv.slice(2);
if (description === undefined) throw new Error("usage: node test/bench/case/main.ts CASE");
await run(parseCaseDescription(description));
process.exit();

async function run({ candidate, size, steps: wanted, folder }: CaseDescription): Promise<void> {
  progress("building the cluster");
  const probe = await ServiceProbe.start();
  const cluster = await SimulatedCluster.start(size);
  if (candidate.kind === "chain-per-service layout") return measureLayout(cluster, probe);
  const proxy =
    candidate.kind === "kubesteer" ? createKubesteer(candidate.program) : createKubeProxy(candidate.binary);
  const process = await proxy.createProcess(folder);
  const running: RunningCase = { proxy, cluster, probe, process, folder };
  try {
    if (!wanted.includes("cold")) await startProxy(running);
    for (const step of stepNames) if (wanted.includes(step)) await steps[step](running);
  } finally {
    await process.stop("SIGKILL");
  }
}
