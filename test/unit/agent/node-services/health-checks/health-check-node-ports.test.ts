import assert from "node:assert/strict";
import { createServer } from "node:http";
import { HealthCheckNodePorts } from "../../../../../agent/node-services/health-checks/health-check-node-ports.ts";
import type { Port } from "../../../../../agent/services/desired-state.ts";
import type { HealthCheckNodePort } from "../../../../../agent/services/endpoints/health-check-node-port.ts";
import { parsePort, parseServiceName } from "../../../../../agent/services/service-port-name.ts";
import { type IpAddress, parseIpAddress } from "../../../../../platform/ip/address.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { findFreePort } from "../../../../../playground/free-port.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";

const web = parseServiceName("default", "web");
const loopback = parseIpAddress("127.0.0.1");

describe("HealthCheckNodePorts", () => {
  let clock: FakeClock;
  let isProxyHealthy: boolean;
  let failures: string[];
  let checks: HealthCheckNodePorts;
  let port: Port;
  let end: AbortController;
  let ended: Promise<void>;

  beforeEach(async () => {
    clock = new FakeClock();
    isProxyHealthy = true;
    failures = [];
    port = parsePort(await findFreePort());
    checks = new HealthCheckNodePorts({
      isProxyHealthy: () => isProxyHealthy,
      onListenFailure: (service, message) => failures.push(`${service}: ${message}`),
      clock,
      log: silentLogger,
    });
    end = new AbortController();
    ended = checks.run(end.signal);
  });

  afterEach(async () => {
    end.abort();
    await ended;
  });

  function set(
    counts: HealthCheckNodePort["localReadyEndpoints"],
    addresses: readonly IpAddress[] = [loopback],
    on: Port = port,
  ): void {
    const ports = new Map([[web, { port: on, localReadyEndpoints: counts }]]);
    checks.follow({ ports, changed: new Set([web]), addresses });
  }

  const ask = (path = "/", address = "127.0.0.1", on = port) => fetch(`http://${address}:${on}${path}`);

  async function statusOf(path?: string, address?: string, on?: Port): Promise<number | "refused"> {
    try {
      return (await ask(path, address, on)).status;
    } catch {
      return "refused";
    }
  }

  async function eventually(expected: number | "refused", address?: string, on?: Port): Promise<void> {
    let status: number | "refused" | undefined;
    for (let tries = 0; tries < 500 && status !== expected; tries += 1) {
      status = await statusOf("/", address, on);
    }
    assert.equal(status, expected);
  }

  it("answers any path with the body, headers and status of kube-proxy", async () => {
    set({ IPv4: 2 });
    await eventually(200);
    const response = await ask("/any/path?at=all");
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("x-load-balancing-endpoint-weight"), "2");
    assert.equal(
      await response.text(),
      [
        "{",
        '\t"service": {',
        '\t\t"namespace": "default",',
        '\t\t"name": "web"',
        "\t},",
        '\t"localEndpoints": 2,',
        '\t"serviceProxyHealthy": true',
        "}",
      ].join("\n"),
    );
  });

  it("is 503 without a ready endpoint here, and 200 again with one, on the same listener", async () => {
    set({ IPv4: 0 });
    await eventually(503);
    set({ IPv4: 1 });
    assert.equal(await statusOf(), 200);
  });

  it("is 503 while the kernel does not follow the cluster", async () => {
    set({ IPv4: 1 });
    await eventually(200);
    isProxyHealthy = false;
    const response = await ask();
    assert.equal(response.status, 503);
    assert.match(await response.text(), /"localEndpoints": 1,\n\t"serviceProxyHealthy": false/);
  });

  it("counts each family for itself, and listens only for those of the Service", async () => {
    const both = [loopback, parseIpAddress("::1")];
    set({ IPv4: 1, IPv6: 0 }, both);
    await eventually(200);
    await eventually(503, "[::1]");
    set({ IPv4: 1 }, both);
    await eventually(200);
    await eventually("refused", "[::1]");
  });

  it("follows another port, another address, and the end of the Service", async () => {
    set({ IPv4: 1 });
    await eventually(200);
    const other = parsePort(await findFreePort());
    set({ IPv4: 1 }, [loopback], other);
    await eventually(200, "127.0.0.1", other);
    await eventually("refused");
    set({ IPv4: 1 }, [parseIpAddress("127.0.0.2")], other);
    await eventually(200, "127.0.0.2", other);
    await eventually("refused", "127.0.0.1", other);
    checks.follow({ ports: new Map(), changed: new Set([web]), addresses: [parseIpAddress("127.0.0.2")] });
    await eventually("refused", "127.0.0.2", other);
  });

  it("looks at the Services that have changed only, unless the addresses have too", async () => {
    const other = parseServiceName("default", "other");
    const otherPort = parsePort(await findFreePort());
    const addresses = [loopback];
    checks.follow({ ports: new Map(), changed: new Set(), addresses });
    const ports = new Map([
      [web, { port, localReadyEndpoints: { IPv4: 1 } }],
      [other, { port: otherPort, localReadyEndpoints: { IPv4: 1 } }],
    ]);
    checks.follow({ ports, changed: new Set([web]), addresses });
    await eventually(200);
    assert.equal(await statusOf("/", "127.0.0.1", otherPort), "refused");
    checks.follow({ ports, changed: new Set(), addresses: [parseIpAddress("127.0.0.2")] });
    await eventually(200, "127.0.0.2");
    await eventually(200, "127.0.0.2", otherPort);
    await eventually("refused");
  });

  it("reports once that it cannot listen, and tries again", async () => {
    const squatter = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => squatter.listen({ port, host: "127.0.0.1" }, resolve));
    set({ IPv4: 1 });
    await eventually(404);
    await clock.advance(5_000);
    await eventually(404);
    await new Promise((resolve) => squatter.close(resolve).closeAllConnections());
    await clock.advance(5_000);
    await eventually(200);
    assert.equal(failures.length, 1);
    assert.match(
      failures[0] ?? "",
      new RegExp(`^default/web: Cannot listen on 127.0.0.1 port ${port}: .*EADDRINUSE`),
    );
  });

  it("closes everything at the end", async () => {
    set({ IPv4: 1 });
    await eventually(200);
    end.abort();
    await ended;
    assert.equal(await statusOf(), "refused");
  });
});
