import { execa } from "execa";
import { errorMessage } from "../../../platform/errors.ts";
import { note, progress, report, type RunningCase } from "./running-case.ts";

const timeoutMs = 30_000;

/** Another process removes all rules of the node: time until Services from the first to the last answer again. */
export async function measureForeignFlush(running: RunningCase): Promise<void> {
  progress("nft flush ruleset");
  const { cluster, probe } = running;
  await execa("nft", ["flush", "ruleset"]);
  const flushedAtMs = performance.now();
  let repairedAtMs = flushedAtMs;
  try {
    for (const { clusterIP } of cluster.probedServices) {
      repairedAtMs = await probe.untilReachable(clusterIP, timeoutMs);
    }
  } catch (error) {
    note(running, `not repaired after nft flush ruleset: ${errorMessage(error)}`);
    return;
  }
  report(running, { flush_repair_seconds: (repairedAtMs - flushedAtMs) / 1_000 });
}
