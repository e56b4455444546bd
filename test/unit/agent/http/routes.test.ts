import assert from "node:assert/strict";
import { createHealthRoutes } from "../../../../agent/http/health-routes.ts";
import type { HealthFacts } from "../../../../agent/status/judge-health.ts";
import { createMetricsRoutes } from "../../../../agent/http/metrics-routes.ts";
import { serveHttp } from "../../../../platform/http/serve.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const facts: HealthFacts = {
  now: 0,
  lastSyncAt: undefined,
  oldestChangeMs: 61_000,
  waitingFor: ["Services"],
  staleSinceMs: undefined,
  failure: undefined,
  failingModes: [],
  node: { kind: "present", leaving: undefined },
};

describe("HTTP of the agent", () => {
  let stop: AbortController;
  beforeEach(() => {
    stop = new AbortController();
  });
  afterEach(() => stop.abort());

  async function get(routes: Parameters<typeof serveHttp>[0]["routes"], path: string): Promise<Response> {
    const server = await serveHttp({
      address: "127.0.0.1:0",
      routes,
      log: silentLogger,
      signal: stop.signal,
    });
    return await fetch(`http://127.0.0.1:${server.port}${path}`);
  }

  const answers: string[] = [];
  const health = createHealthRoutes({
    collectFacts: () => facts,
    metrics: { count: (endpoint, statusCode) => answers.push(`${endpoint} ${statusCode}`) },
  });

  for (const [path, statusCode] of [
    ["/healthz", 503],
    ["/livez", 200],
    ["/readyz", 503],
  ] as const) {
    it(`${path} answers in JSON`, async () => {
      const response = await get(health, path);
      assert.equal(response.status, statusCode);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.match(await response.text(), /^\{"lastUpdated":.*waiting for Services.*\}\n$/);
    });
  }

  it("answers of healthz and livez are counted", () => {
    assert.deepEqual(answers, ["healthz 503", "livez 200"]);
  });

  const metrics = createMetricsRoutes({
    metricsHandler: (_, response) => void response.end("metrics"),
    runningModes: () => ["nftables"],
    settings: () => makeNodeProxySpec({ revision: "r7" }),
  });

  for (const [path, expected] of [
    ["/metrics", /^metrics$/],
    ["/proxyMode", /^nftables$/],
    ["/configz", /^\{"kubesteer\.dev":\{.*"revision":"r7".*\}\}\n$/],
    ["/healthz", /^ok$/],
  ] as const) {
    it(`${path} is where it is in kube-proxy`, async () => {
      const response = await get(metrics, path);
      assert.equal(response.status, 200);
      assert.match(await response.text(), expected);
    });
  }

  it("without settings configz is empty and the mode unknown", async () => {
    const routes = createMetricsRoutes({
      metricsHandler() {},
      runningModes: () => [],
      settings: () => undefined,
    });
    assert.equal(await (await get(routes, "/configz")).text(), '{"kubesteer.dev":{}}\n');
    assert.equal(await (await get(routes, "/proxyMode")).text(), "");
  });

  it("several modes are one on each line, the main one first", async () => {
    const routes = createMetricsRoutes({
      metricsHandler() {},
      runningModes: () => ["nftables", "userspace"],
      settings: () => undefined,
    });
    assert.equal(await (await get(routes, "/proxyMode")).text(), "nftables\nuserspace");
  });
});
