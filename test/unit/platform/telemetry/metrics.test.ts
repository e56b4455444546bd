import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import {
  createMeterProvider,
  exponentialBuckets,
  syncLatencyBuckets,
} from "../../../../platform/telemetry/metrics.ts";

describe("createMeterProvider", () => {
  it("serves instruments under their names in Prometheus format, with process metrics", async () => {
    const metrics = createMeterProvider({ service: "kubesteer-agent" });
    const buckets = { advice: { explicitBucketBoundaries: [...syncLatencyBuckets] } };
    metrics.meter.createHistogram("kubeproxy_sync_proxy_rules_duration_seconds", buckets).record(0.003);
    metrics.meter.createCounter("kubesteer_syncs").add(2, { kind: "full" });
    const server = createServer((request, response) => metrics.handler(request, response)).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const text = await (await fetch(`http://127.0.0.1:${address.port}/`)).text();
    server.close();
    server.closeAllConnections();
    await metrics.shutdown();

    const lines = text.split("\n");
    assert.ok(lines.includes('kubesteer_syncs_total{kind="full"} 2'), text);
    assert.ok(lines.includes('kubeproxy_sync_proxy_rules_duration_seconds_bucket{le="0.002"} 0'), text);
    assert.ok(lines.includes('kubeproxy_sync_proxy_rules_duration_seconds_bucket{le="0.004"} 1'), text);
    assert.match(text, /^process_resident_memory_bytes [1-9][0-9]+$/m);
    assert.match(text, /^process_cpu_seconds_total [0-9.]+$/m);
  });
});

describe("exponentialBuckets", () => {
  it("multiplies", () => assert.deepEqual(exponentialBuckets(1, 10, 4), [1, 10, 100, 1000]));

  it("kube-proxy's go from 1 ms to 16.384 s", () => {
    assert.equal(syncLatencyBuckets.length, 15);
    assert.equal(syncLatencyBuckets[0], 0.001);
    assert.equal(syncLatencyBuckets[14], 16.384);
  });
});
