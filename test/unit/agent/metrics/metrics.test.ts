import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createChangeMetrics } from "../../../../agent/metrics/change-metrics.ts";
import { createHealthMetrics } from "../../../../agent/metrics/health-metrics.ts";
import { observeState } from "../../../../agent/metrics/state-metrics.ts";
import { createSyncMetrics } from "../../../../agent/metrics/sync-metrics.ts";
import { createMeterProvider, type Metrics } from "../../../../platform/telemetry/metrics.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
} from "../../../support/make-desired-state.ts";
import { makeRejected, makeSyncFailure, makeSyncSuccess } from "../../../support/make-sync-outcome.ts";

const startedAt = Date.parse("2026-01-01T00:00:00Z");

describe("agent metrics", () => {
  let metrics: Metrics;
  let clock: FakeClock;

  beforeEach(() => {
    metrics = createMeterProvider({ service: "test" });
    clock = new FakeClock(startedAt);
  });

  afterEach(() => metrics.shutdown());

  /** The lines of a scrape whose name begins so, without comments, buckets and process metrics. */
  async function scrape(prefix = "kube"): Promise<Readonly<Record<string, number>>> {
    const server = createServer((request, response) => metrics.handler(request, response)).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    server.closeAllConnections();
    server.close();
    const lines = text.split("\n").filter((line) => line.startsWith(prefix) && !line.includes("_bucket"));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
    );
  }

  it("a partial sync counts as a sync and as a partial one, with the latency of its change", async () => {
    const sync = createSyncMetrics(metrics.meter, startedAt);
    sync.record(makeSyncSuccess({ scope: "partial", durationMs: 500, changeLatencyMs: 2_000 }));
    assert.deepEqual(await scrape(), {
      kubeproxy_sync_proxy_rules_duration_seconds_count: 1,
      kubeproxy_sync_proxy_rules_duration_seconds_sum: 0.5,
      kubeproxy_sync_partial_proxy_rules_duration_seconds_count: 1,
      kubeproxy_sync_partial_proxy_rules_duration_seconds_sum: 0.5,
      kubesteer_change_latency_seconds_count: 1,
      kubesteer_change_latency_seconds_sum: 2,
    });
  });

  it("network programming counts from the trigger time; changes before the start do not count", async () => {
    const sync = createSyncMetrics(metrics.meter, startedAt);
    const triggerTimes = [startedAt - 1, startedAt, startedAt + 3_000];
    sync.record(makeSyncSuccess({ at: startedAt + 4_000, triggerTimes }));
    const scraped = await scrape("kubeproxy_network");
    assert.deepEqual(scraped, {
      kubeproxy_network_programming_duration_seconds_count: 2,
      kubeproxy_network_programming_duration_seconds_sum: 5,
    });
  });

  it("failures are counted by mode and reason, those of nftables also under kube-proxy's name", async () => {
    const sync = createSyncMetrics(metrics.meter, startedAt);
    sync.record(makeSyncFailure());
    sync.record(makeSyncFailure({ mode: undefined, reason: "ModeUnsupported" }));
    assert.deepEqual(await scrape(), {
      'kubesteer_sync_failures_total{mode="nftables",reason="SyncFailed"}': 1,
      'kubesteer_sync_failures_total{mode="none",reason="ModeUnsupported"}': 1,
      kubeproxy_sync_proxy_rules_nftables_sync_failures_total: 1,
    });
  });

  it("changes are pending until a sync takes them up", async () => {
    const changes = createChangeMetrics(metrics.meter, clock);
    changes.count("service");
    changes.count("endpoint");
    changes.takeUp();
    await clock.advance(2_000);
    changes.count("endpoint");
    assert.deepEqual(await scrape(), {
      kubeproxy_sync_proxy_rules_service_changes_total: 1,
      kubeproxy_sync_proxy_rules_endpoint_changes_total: 2,
      kubeproxy_sync_proxy_rules_service_changes_pending: 0,
      kubeproxy_sync_proxy_rules_endpoint_changes_pending: 1,
      kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds: startedAt / 1000 + 2,
    });
  });

  it("health answers are counted by status code", async () => {
    const health = createHealthMetrics(metrics.meter);
    health.count("healthz", 200);
    health.count("healthz", 503);
    health.count("livez", 200);
    assert.deepEqual(await scrape(), {
      'kubeproxy_proxy_healthz_total{code="200"}': 1,
      'kubeproxy_proxy_healthz_total{code="503"}': 1,
      'kubeproxy_proxy_livez_total{code="200"}': 1,
    });
  });

  it("gauges show what is in the kernel, and nothing before the first sync", async () => {
    let synced = false;
    const report = { servicePorts: 3, endpoints: 7, rejected: makeRejected("n/a") };
    const success = makeSyncSuccess({ at: startedAt, report });
    const local = makeFrontend("10.96.0.1:80", { policyLocal: true });
    const external = makeFrontend("192.0.2.1:80", { kind: "externalIP", policyLocal: true });
    const here = makeEndpoint("10.1.0.1:80", { local: true });
    const elsewhere = makeEndpoint("10.2.0.1:80");
    const services = [
      makeDesiredService("n/lacks-both", [{ frontends: [local, external], clusterEndpoints: [elsewhere] }]),
      makeDesiredService("n/has-local", [{ frontends: [external], clusterEndpoints: [here] }]),
      makeDesiredService("n/cluster", [{ clusterEndpoints: [elsewhere] }]),
      makeDesiredService("n/empty", [{ frontends: [external], clusterEndpoints: [] }]),
    ];
    const desired = makeDesiredState(services);
    observeState(metrics.meter, {
      lastSuccess: () => (synced ? success : undefined),
      desired: () => (synced ? desired : undefined),
      problemCount: () => 2,
      staleSinceMs: () => (synced ? undefined : startedAt - 60_000),
    });
    assert.deepEqual(await scrape(), {
      kubesteer_service_problems: 2,
      kubesteer_stale_since_timestamp_seconds: startedAt / 1000 - 60,
    });
    synced = true;
    assert.deepEqual(await scrape(), {
      kubeproxy_sync_proxy_rules_last_timestamp_seconds: startedAt / 1000,
      kubesteer_services: 4,
      'kubesteer_mode_services{mode="nftables"}': 0,
      'kubesteer_service_ports{mode="nftables"}': 3,
      'kubesteer_endpoints{mode="nftables"}': 7,
      'kubesteer_rejected_services{mode="nftables"}': 1,
      kubesteer_unsupported_features: 0,
      kubesteer_service_problems: 2,
      kubesteer_stale_since_timestamp_seconds: 0,
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy="internal"}': 1,
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy="external"}': 1,
    });
  });
});
