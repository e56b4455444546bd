import { setTimeout as delay } from "node:timers/promises";
import type { ManagedProcess } from "../../../playground/managed-process.ts";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Metric } from "../figures.ts";
import type { ServiceProbe } from "../kernel/service-probe.ts";
import type { Proxy } from "../proxies/proxy.ts";
import { send } from "./messages.ts";

/** State that the steps of a case share: one cluster, one proxy, one kernel. */
export interface RunningCase {
  readonly proxy: Proxy;
  readonly cluster: SimulatedCluster;
  readonly process: ManagedProcess;
  readonly probe: ServiceProbe;
  /** For files of this case. */
  readonly folder: string;
}

/** The subject of a figure. */
interface Subject {
  readonly proxy: Pick<Proxy, "name" | "mode">;
  readonly cluster: Pick<SimulatedCluster, "size">;
}

/** One measurement. The steps of a case run in order on the same proxy. */
export type Step = (running: RunningCase) => Promise<void>;

export function progress(text: string): void {
  send({ kind: "progress", text });
}

/** Sends a note for the reader of the figures. */
export function note({ proxy, cluster: { size } }: Subject, text: string): void {
  send({ kind: "note", text: `${proxy.name}, ${size.services} Services x ${size.endpoints}: ${text}` });
}

export function report(
  { proxy, cluster: { size } }: Subject,
  figures: Partial<Record<Metric, number>>,
): void {
  for (const [metric, value] of Object.entries(figures) as [Metric, number][]) {
    send({ kind: "figure", figure: { proxy: proxy.name, mode: proxy.mode, metric, ...size, value } });
  }
}

/** Of the proxy while it runs. */
export function pidOf({ process, proxy }: RunningCase): number {
  if (process.pid === undefined) throw new Error(`${proxy.name} has ended; its log is ${process.logFile}`);
  return process.pid;
}

/** Time for remaining work after a step, such as garbage collection. */
export function settle(): Promise<void> {
  return delay(3_000);
}
