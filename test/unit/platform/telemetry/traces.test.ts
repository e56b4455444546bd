import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { createTracing } from "../../../../platform/telemetry/traces.ts";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number; readonly message?: string };
}

interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

/** Runs `work` with a collector and returns the received spans by name. */
async function collect(work: (endpoint: string) => Promise<void>): Promise<ReadonlyMap<string, Span>> {
  const spans = new Map<string, Span>();
  const collector = createServer((request, response) => {
    void (async () => {
      const body = (await json(request)) as Export;
      if (request.url === "/v1/traces") {
        for (const { scopeSpans } of body.resourceSpans)
          for (const scope of scopeSpans) for (const span of scope.spans) spans.set(span.name, span);
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    })();
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const address = collector.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    await work(`http://127.0.0.1:${address.port}/`);
  } finally {
    collector.close();
    collector.closeAllConnections();
  }
  return spans;
}

describe("createTracing", () => {
  it("only runs the function without an endpoint", async () => {
    const tracing = await createTracing({ service: "operator", otlpEndpoint: undefined });
    assert.equal(await tracing.inSpan("reconcile", {}, async () => 42), 42);
    await assert.rejects(
      tracing.inSpan("reconcile", {}, async () => {
        throw new Error("failed");
      }),
      /failed/,
    );
    await tracing.shutdown();
  });

  it("sends spans to the collector, nested like the calls, with concurrent calls kept apart", async () => {
    const spans = await collect(async (otlpEndpoint) => {
      const tracing = await createTracing({ service: "operator", otlpEndpoint });
      await tracing.inSpan("outer", { config: "default" }, async () => {
        await Promise.all(["left", "right"].map((name) => tracing.inSpan(name, {}, async () => name)));
      });
      await tracing.shutdown();
    });
    const outer = spans.get("outer");
    assert.ok(outer !== undefined);
    assert.equal(outer.parentSpanId, undefined);
    for (const name of ["left", "right"]) {
      assert.equal(spans.get(name)?.parentSpanId, outer.spanId);
      assert.equal(spans.get(name)?.traceId, outer.traceId);
    }
  });

  it("marks the span of a failed function, and rethrows the error", async () => {
    const failure = new Error("conflict");
    const spans = await collect(async (otlpEndpoint) => {
      const tracing = await createTracing({ service: "operator", otlpEndpoint });
      await assert.rejects(
        tracing.inSpan("reconcile", {}, () => Promise.reject(failure)),
        failure,
      );
      await tracing.shutdown();
    });
    assert.deepEqual(spans.get("reconcile")?.status, { code: 2, message: "conflict" });
  });
});
