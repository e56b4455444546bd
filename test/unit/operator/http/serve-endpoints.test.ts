import assert from "node:assert/strict";
import { createOperatorMetrics } from "../../../../operator/http/metrics.ts";
import { serveEndpoints } from "../../../../operator/http/serve-endpoints.ts";
import { createMeterProvider } from "../../../../platform/telemetry/metrics.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

const nodes = { ready: 3, waiting: 1, silent: 0, failed: 0, unsupported: 0, orphaned: 2 };

const urlOf = (port: unknown) => `http://127.0.0.1:${String(port)}`;

describe("serveEndpoints", () => {
  let ready = false;
  const stop = new AbortController();
  const telemetry = createMeterProvider({ service: "test" });
  let urls: { readonly health: string; readonly metrics: string };

  before(async () => {
    const log = createRecordingLogger();
    const address = "127.0.0.1:0";
    await serveEndpoints(
      { healthAddress: address, metricsAddress: address },
      { isReady: () => ready, telemetry, log, signal: stop.signal },
    );
    const fields = log.lines[0]?.fields ?? {};
    urls = { health: urlOf(fields["healthPort"]), metrics: urlOf(fields["metricsPort"]) };
  });
  after(async () => {
    stop.abort();
    await telemetry.shutdown();
  });

  const codeOf = async (path: string) => (await fetch(`${urls.health}${path}`)).status;

  it("is alive at once, and ready when set so", async () => {
    assert.deepEqual(
      [await codeOf("/healthz"), await codeOf("/livez"), await codeOf("/readyz")],
      [200, 200, 503],
    );
    ready = true;
    assert.equal(await codeOf("/readyz"), 200);
  });

  it("exports rounds, writes, nodes by state, what waits, and who leads", async () => {
    const metrics = createOperatorMetrics(telemetry.meter);
    const plan = {
      nodeProxies: [],
      deletions: [],
      revisions: [],
      revisionDeletions: [],
      statuses: [],
      nextLookAtMs: undefined,
      nodes,
    };
    metrics.reconciled({ durationMs: 1500, plan, waitingWrites: 7 });
    metrics.wrote({ resource: "nodeproxies", verb: "apply" }, "failure");
    metrics.setLeader(true);
    const text = await (await fetch(`${urls.metrics}/metrics`)).text();
    for (const line of [
      "kubesteer_operator_reconcile_duration_seconds_sum 1.5",
      'kubesteer_operator_writes_total{resource="nodeproxies",verb="apply",result="failure"} 1',
      'kubesteer_operator_nodes{state="orphaned"} 2',
      'kubesteer_operator_nodes{state="ready"} 3',
      "kubesteer_operator_queue_depth 7",
      "kubesteer_operator_leader 1",
    ]) {
      assert.ok(text.split("\n").includes(line), `${line} is missing in\n${text}`);
    }
  });

  it("counts nothing any more where it has stopped leading", async () => {
    const metrics = createOperatorMetrics(telemetry.meter);
    const plan = {
      nodeProxies: [],
      deletions: [],
      revisions: [],
      revisionDeletions: [],
      statuses: [],
      nextLookAtMs: undefined,
      nodes,
    };
    metrics.setLeader(true);
    metrics.reconciled({ durationMs: 1500, plan, waitingWrites: 7 });
    metrics.setLeader(false);
    const text = await (await fetch(`${urls.metrics}/metrics`)).text();
    for (const line of [
      'kubesteer_operator_nodes{state="ready"} 0',
      'kubesteer_operator_nodes{state="orphaned"} 0',
      "kubesteer_operator_queue_depth 0",
      "kubesteer_operator_leader 0",
    ]) {
      assert.ok(text.split("\n").includes(line), line);
    }
  });
});
