import type { Figure, Metric } from "./figures.ts";

/** A bound that kubesteer shall keep on one size of cluster, or on all where none is named. */
interface Goal {
  readonly metric: Metric;
  readonly services?: number;
  readonly endpoints?: number;
  readonly atMost: number;
}

const goals: readonly Goal[] = [
  { metric: "cold_start_seconds", services: 10_000, endpoints: 10, atMost: 4 },
  { metric: "cold_start_seconds", services: 5_000, endpoints: 50, atMost: 8 },
  { metric: "change_p50_milliseconds", services: 10_000, endpoints: 10, atMost: 5 },
  { metric: "change_p99_milliseconds", services: 10_000, endpoints: 10, atMost: 30 },
  { metric: "rss_mebibytes", services: 100, endpoints: 10, atMost: 130 },
  { metric: "rss_mebibytes", services: 10_000, endpoints: 10, atMost: 250 },
  { metric: "idle_cpu_percent", atMost: 0.5 },
  { metric: "flush_repair_seconds", services: 5_000, atMost: 2 },
  { metric: "restart_failed_connections", atMost: 0 },
];

/** One goal held against the figure it is about. */
export interface Judgement {
  readonly goal: string;
  readonly figure: Figure;
  readonly met: boolean;
}

/** Every goal for which there is a figure. */
export function judge(figures: readonly Figure[]): readonly Judgement[] {
  return goals.flatMap(({ metric, services, endpoints, atMost }) =>
    figures
      .filter((figure) => figure.proxy === "kubesteer" && figure.metric === metric)
      .filter((figure) => services === undefined || figure.services === services)
      .filter((figure) => endpoints === undefined || figure.endpoints === endpoints)
      .map((figure) => ({ goal: `at most ${atMost}`, figure, met: figure.value <= atMost })),
  );
}
