import { ValueType } from "@opentelemetry/api";
import { emptyResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";

/** A counter whose series may disappear. It is read on each scrape. */
export interface PassingCounter {
  /** Without the suffix `_total`, which is added. */
  readonly name: string;
  readonly description: string;
  /** The current series, each with a value that never decreases. Never rejects. */
  read(): Promise<readonly CounterSeries[]>;
}

export interface CounterSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Exports only the series of the last reading. Observable instruments would export every series that they ever had. */
export class PassingCounters implements MetricProducer {
  readonly #counters: PassingCounter[] = [];

  add(counter: PassingCounter): void {
    this.#counters.push(counter);
  }

  async collect(): Promise<CollectionResult> {
    const metrics = await Promise.all(this.#counters.map(readMetric));
    const scopeMetrics = [
      { scope: { name: "" }, metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0) },
    ];
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
  }
}

async function readMetric(counter: PassingCounter): Promise<MetricData> {
  const { name, description } = counter;
  const series = await counter.read();
  return {
    descriptor: { name, description, unit: "", valueType: ValueType.INT },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: series.map(({ labels, value }) => ({
      startTime: [0, 0],
      endTime: [0, 0],
      attributes: { ...labels },
      value,
    })),
  };
}
