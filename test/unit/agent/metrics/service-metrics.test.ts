import assert from "node:assert/strict";
import { FrontendCounters } from "../../../../agent/metrics/frontend-counters.ts";
import { createServiceConnections } from "../../../../agent/metrics/service-metrics.ts";
import type { FrontendCount } from "../../../../agent/dataplane/dataplane.ts";
import { serveHttp } from "../../../../platform/http/serve.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { createMeterProvider } from "../../../../platform/telemetry/metrics.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeFrontend,
  parsePort,
} from "../../../support/make-desired-state.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

const services = [1, 2, 3].map((last) =>
  makeDesiredService(`shop/web${last}`, [{ frontends: [makeFrontend(`10.96.0.${last}:80`)] }]),
);

function countsOf(...connections: readonly number[]): readonly FrontendCount[] {
  return connections.map((count, index) => ({
    address: parseIpAddress(`10.96.0.${index + 1}`),
    protocol: "TCP",
    port: parsePort(80),
    connections: count,
  }));
}

function line(service: string, value: number): string {
  const labels = `namespace="shop",service="${service}",port="p0",protocol="TCP"`;
  return `kubesteer_service_connections_total{${labels}} ${value}`;
}

describe("service metrics", () => {
  let stop: AbortController;
  let clock: FakeClock;
  let read: () => Promise<readonly FrontendCount[]>;
  let url: string;
  const log = createRecordingLogger();

  beforeEach(async () => {
    stop = new AbortController();
    clock = new FakeClock();
    read = () => Promise.resolve(countsOf(10, 30, 20));
    const metrics = createMeterProvider({ service: "test" });
    const connections = createServiceConnections({
      size: 2,
      counters: new FrontendCounters({ read: () => read(), clock }),
      desired: () => makeDesiredState(services),
      log,
    });
    metrics.addPassingCounter(connections);
    const routes: Parameters<typeof serveHttp>[0]["routes"] = {
      "/metrics": (request, response) => metrics.handler(request, response),
    };
    const address = "127.0.0.1:0";
    const { port } = await serveHttp({ address, routes, log: silentLogger, signal: stop.signal });
    url = `http://127.0.0.1:${port}/metrics`;
  });

  afterEach(() => stop.abort());

  async function scrape(): Promise<readonly string[]> {
    const text = await (await fetch(url)).text();
    return text.split("\n").filter((line) => line.startsWith("kubesteer_service_connections"));
  }

  it("has only the busiest service ports", async () => {
    assert.deepEqual(await scrape(), [line("web2", 30), line("web3", 20)]);
  });

  it("goes on counting from scrape to scrape", async () => {
    await scrape();
    read = () => Promise.resolve(countsOf(50, 31, 0));
    await clock.advance(10_000);
    assert.deepEqual(await scrape(), [line("web1", 50), line("web2", 31)]);
  });

  it("shows what it knew while the kernel cannot be asked, and says so once", async () => {
    await scrape();
    read = () => Promise.reject(new Error("no nft"));
    for (let count = 0; count < 3; count += 1) {
      await clock.advance(10_000);
      assert.deepEqual(await scrape(), [line("web2", 30), line("web3", 20)]);
    }
    assert.equal(log.lines.filter(({ level }) => level === "warn").length, 1);
  });
});
