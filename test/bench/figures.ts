import type { ProxyMode } from "../../crds/api.ts";

/** Groups of figures, in the order of the report. */
export const families = {
  start: "Start: from the start of the process until Services answer",
  change: "Change: from an event of the API server to the kernel, one endpoint at a time",
  churn: "Churn: 200 changes in 20 s, ten at once each second",
  recovery: "Recovery: until Services answer correctly again",
  traffic: "Traffic: new connections of a pod to another host through a Service, and directly",
  cost: "Cost: memory and CPU",
} as const;

/** Each metric with the title of its column and the number of significant decimals. The name ends in the unit. */
export const metrics = {
  cold_start_seconds: { family: "start", title: "all Services, s", decimals: 2 },
  first_service_seconds: { family: "start", title: "kube-dns, s", decimals: 2 },
  cpu_seconds: { family: "start", title: "CPU, s", decimals: 2 },
  change_p50_milliseconds: { family: "change", title: "p50, ms", decimals: 2 },
  change_p99_milliseconds: { family: "change", title: "p99, ms", decimals: 2 },
  observer_p50_milliseconds: { family: "change", title: "observing, at most, ms", decimals: 2 },
  churn_p50_milliseconds: { family: "churn", title: "p50, ms", decimals: 2 },
  churn_p99_milliseconds: { family: "churn", title: "p99, ms", decimals: 2 },
  churn_cpu_seconds: { family: "churn", title: "CPU, s", decimals: 2 },
  restart_seconds: { family: "recovery", title: "kill and restart, s", decimals: 2 },
  restart_failed_connections: { family: "recovery", title: "failed connections", decimals: 0 },
  flush_repair_seconds: { family: "recovery", title: "nft flush ruleset, s", decimals: 2 },
  connections_per_second: { family: "traffic", title: "connections/s", decimals: 0 },
  direct_connections_per_second: { family: "traffic", title: "direct", decimals: 0 },
  connection_rate_percent: { family: "traffic", title: "of direct, %", decimals: 1 },
  first_packet_p50_milliseconds: { family: "traffic", title: "connect p50, ms", decimals: 3 },
  direct_first_packet_p50_milliseconds: { family: "traffic", title: "direct", decimals: 3 },
  first_packet_p99_milliseconds: { family: "traffic", title: "connect p99, ms", decimals: 3 },
  direct_first_packet_p99_milliseconds: { family: "traffic", title: "direct", decimals: 3 },
  rss_mebibytes: { family: "cost", title: "RSS, MiB", decimals: 0 },
  peak_rss_mebibytes: { family: "cost", title: "peak RSS, MiB", decimals: 0 },
  nft_rss_mebibytes: { family: "cost", title: "peak RSS of nft, MiB", decimals: 0 },
  idle_cpu_percent: { family: "cost", title: "idle CPU, % of a core", decimals: 2 },
} as const satisfies Readonly<Record<string, MetricTraits>>;

export interface MetricTraits {
  readonly family: keyof typeof families;
  readonly title: string;
  readonly decimals: number;
}

export type Metric = keyof typeof metrics;

/** One measured number; `.bench/latest.jsonl` has one per line. */
export interface Figure {
  /** What was measured: `kubesteer`, `kube-proxy`, or a layout of rules without a proxy. */
  readonly proxy: string;
  readonly mode: ProxyMode;
  readonly metric: Metric;
  /** Services in the cluster. */
  readonly services: number;
  /** Endpoints of each Service. */
  readonly endpoints: number;
  readonly value: number;
}
