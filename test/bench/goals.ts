import type { WorkloadSize } from "./cluster/workload.ts";
import { metrics, type Figure, type Metric, type MetricTraits } from "./figures.ts";

/** A limit that kubesteer should meet with one cluster size, or with all sizes if none is given. */
interface Goal extends Partial<WorkloadSize> {
  readonly metric: Metric;
  readonly bound: Bound;
}

type Bound =
  | { readonly kind: "atMost" | "atLeast"; readonly value: number }
  /** Compared with the same metric of another size, as a factor. */
  | { readonly kind: "atMost" | "atLeast"; readonly factor: number; readonly of: WorkloadSize };

const goals: readonly Goal[] = [
  { metric: "cold_start_seconds", services: 10_000, endpoints: 10, bound: { kind: "atMost", value: 4 } },
  { metric: "cold_start_seconds", services: 5_000, endpoints: 50, bound: { kind: "atMost", value: 8 } },
  { metric: "change_p50_milliseconds", services: 10_000, endpoints: 10, bound: { kind: "atMost", value: 5 } },
  {
    metric: "change_p99_milliseconds",
    services: 10_000,
    endpoints: 10,
    bound: { kind: "atMost", value: 30 },
  },
  {
    metric: "change_p50_milliseconds",
    services: 30_000,
    endpoints: 2,
    bound: { kind: "atMost", factor: 2, of: { services: 1_000, endpoints: 10 } },
  },
  { metric: "restart_failed_connections", bound: { kind: "atMost", value: 0 } },
  { metric: "flush_repair_seconds", services: 5_000, endpoints: 10, bound: { kind: "atMost", value: 2 } },
  { metric: "connection_rate_percent", bound: { kind: "atLeast", value: 95 } },
  {
    metric: "connections_per_second",
    services: 10_000,
    endpoints: 10,
    bound: { kind: "atLeast", factor: 0.95, of: { services: 1, endpoints: 10 } },
  },
  { metric: "rss_mebibytes", services: 100, endpoints: 10, bound: { kind: "atMost", value: 130 } },
  { metric: "rss_mebibytes", services: 10_000, endpoints: 10, bound: { kind: "atMost", value: 250 } },
  { metric: "idle_cpu_percent", bound: { kind: "atMost", value: 0.5 } },
];

/** A goal with the figure that it applies to. */
export interface Judgement {
  readonly goal: string;
  readonly figure: Figure;
  readonly met: boolean;
}

/** All goals that have figures. */
export function judge(figures: readonly Figure[]): readonly Judgement[] {
  const own = figures.filter(({ proxy }) => proxy === "kubesteer");
  return goals.flatMap((goal) => {
    const limit = limitOf(goal, own);
    if (limit === undefined) return [];
    const { kind } = goal.bound;
    return own.filter(isAbout(goal)).map((figure) => ({
      goal: `${kind === "atMost" ? "at most" : "at least"} ${render(goal.metric, limit)}`,
      figure,
      met: kind === "atMost" ? figure.value <= limit : figure.value >= limit,
    }));
  });
}

function limitOf({ metric, bound }: Goal, own: readonly Figure[]): number | undefined {
  if ("value" in bound) return bound.value;
  const reference = own.find(isAbout({ metric, bound, ...bound.of }));
  return reference === undefined ? undefined : bound.factor * reference.value;
}

function isAbout({ metric, services, endpoints }: Goal): (figure: Figure) => boolean {
  return (figure) =>
    figure.metric === metric &&
    (services === undefined || figure.services === services) &&
    (endpoints === undefined || figure.endpoints === endpoints);
}

function render(metric: Metric, limit: number): string {
  const { decimals }: MetricTraits = metrics[metric];
  return String(Number(limit.toFixed(decimals)));
}
