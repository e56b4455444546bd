import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { type PassingCounter, PassingCounters } from "./passing-counters.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Metrics {
  /** Creates instruments. Units are not added to the name of a metric; include them, as in `…_seconds`. */
  readonly meter: Meter;
  /** Adds a counter whose series may disappear. */
  addPassingCounter(counter: PassingCounter): void;
  /** Answers with all metrics in Prometheus text format. */
  handler(request: IncomingMessage, response: ServerResponse): void;
  shutdown(): Promise<void>;
}

/** Metrics of one program for Prometheus, including memory and CPU time of the process. */
export function createMeterProvider({ service }: { readonly service: string }): Metrics {
  const passingCounters = new PassingCounters();
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    metricProducers: [passingCounters],
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    readers: [exporter],
  });
  const meter = provider.getMeter(service);
  observeProcess(meter);
  return {
    meter,
    addPassingCounter: (counter) => passingCounters.add(counter),
    handler: (request, response) => exporter.getMetricsRequestHandler(request, response),
    shutdown: () => provider.shutdown(),
  };
}

/** Upper bounds of `count` histogram buckets, each `factor` times the previous one. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start * factor ** index);
}

/** Buckets of kube-proxy's sync and programming latency histograms: 1 ms to 16.384 s, in seconds. */
export const syncLatencyBuckets: readonly number[] = exponentialBuckets(0.001, 2, 15);

function observeProcess(meter: Meter): void {
  meter
    .createObservableGauge("process_resident_memory_bytes", { description: "Resident memory size in bytes." })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableCounter("process_cpu_seconds", { description: "User and system CPU time in seconds." })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
}
