import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Tracer,
} from "@opentelemetry/api";
import { AsyncLocalStorage } from "node:async_hooks";
import { errorMessage } from "../errors.ts";

export interface Tracing {
  /** Runs `fn` in a child span of the current one; an error is recorded and rethrown. */
  inSpan<T>(name: string, attributes: Attributes, fn: () => Promise<T>): Promise<T>;
  /** Sends buffered spans. */
  shutdown(): Promise<void>;
}

const noTracing: Tracing = {
  inSpan: (_name, _attributes, fn) => fn(),
  shutdown: async () => {},
};

/**
 * Sends traces in batches to an OTLP/HTTP collector. Without an endpoint, nothing is traced and the SDK is not loaded.
 *
 * @param otlpEndpoint base URL as in OTEL_EXPORTER_OTLP_ENDPOINT, such as http://collector:4318
 */
export async function createTracing({
  service,
  otlpEndpoint,
}: {
  readonly service: string;
  readonly otlpEndpoint: string | undefined;
}): Promise<Tracing> {
  if (otlpEndpoint === undefined) return noTracing;
  const [{ BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  return {
    inSpan: spansOf(provider.getTracer(service)),
    shutdown: () => provider.shutdown(),
  };
}

function spansOf(tracer: Tracer): Tracing["inSpan"] {
  const current = new AsyncLocalStorage<Context>();
  return async (name, attributes, fn) => {
    const parent = current.getStore() ?? ROOT_CONTEXT;
    const span = tracer.startSpan(name, { attributes }, parent);
    try {
      return await current.run(trace.setSpan(parent, span), fn);
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(error) });
      throw error;
    } finally {
      span.end();
    }
  };
}
