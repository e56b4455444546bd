import assert from "node:assert/strict";
import { FrontendCounters } from "../../../../agent/metrics/frontend-counters.ts";
import type { FrontendCount } from "../../../../agent/dataplane/dataplane.ts";
import { createServiceRoutes } from "../../../../agent/http/service-routes.ts";
import type { ConnectionCounts } from "../../../../agent/services/endpoints/endpoint-connections.ts";
import { serveHttp } from "../../../../platform/http/serve.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { FakeDataplane } from "../../../support/fake-dataplane.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  parsePort,
} from "../../../support/make-desired-state.ts";

const endpoints = [makeEndpoint("10.244.1.2:8080", { local: true }), makeEndpoint("10.244.2.2:8080")];
const web = makeDesiredService("shop/web", [{ clusterEndpoints: endpoints }]);

describe("/services/", () => {
  let stop: AbortController;
  let frontends: () => Promise<readonly FrontendCount[]>;
  let open: () => Promise<ConnectionCounts>;

  beforeEach(() => {
    stop = new AbortController();
    const address = parseIpAddress("10.96.0.1");
    frontends = () => Promise.resolve([{ address, protocol: "TCP", port: parsePort(80), connections: 12 }]);
    open = () => Promise.resolve(new Map([["TCP 10.244.1.2 8080", 3]]));
  });

  afterEach(() => stop.abort());

  async function get(path: string, desired = makeDesiredState([web])): Promise<Response> {
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const routes = createServiceRoutes({
      desired: () => desired,
      serving: { of: () => new FakeDataplane() },
      counters: new FrontendCounters({ read: () => frontends(), clock }),
      countConnections: () => open(),
    });
    const address = "127.0.0.1:0";
    const { port } = await serveHttp({ address, routes, log: silentLogger, signal: stop.signal });
    return await fetch(`http://127.0.0.1:${port}${path}`);
  }

  it("lists frontends with their connections and endpoints with those that are open", async () => {
    const response = await get("/services/shop/web?pretty");
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {
      service: "shop/web",
      mode: "nftables",
      countedAt: "2026-01-01T00:00:00.000Z",
      problems: [],
      ports: [
        {
          name: "shop/web:p0/TCP",
          family: "IPv4",
          algorithm: "Random",
          frontends: [{ kind: "clusterIP", address: "10.96.0.1", port: 80, connections: 12 }],
          endpoints: [
            { address: "10.244.1.2", port: 8080, local: true, weight: 1, openConnections: 3 },
            { address: "10.244.2.2", port: 8080, local: false, weight: 1, openConnections: 0 },
          ],
        },
      ],
    });
  });

  it("lists the rest when something cannot be counted, and says why", async () => {
    frontends = () => Promise.reject(new Error("no nft"));
    open = () => Promise.reject(new Error("no conntrack"));
    const body = await (await get("/services/shop/web")).text();
    assert.match(body, /"countedAt": null/);
    assert.match(body, /"no nft",\s+"no conntrack"/);
    assert.match(body, /"connections": null/);
    assert.match(body, /"openConnections": null/);
  });

  it("has bounded lists", async () => {
    const many = Array.from({ length: 1_500 }, (_, index) =>
      makeEndpoint(`10.244.${index >> 8}.${index & 255}:8080`),
    );
    const big = makeDesiredService("shop/big", [{ clusterEndpoints: many }]);
    const body = await (await get("/services/shop/big", makeDesiredState([big]))).text();
    assert.equal(body.match(/openConnections/g)?.length, 1_000);
  });

  for (const [path, error] of [
    ["/services/shop/other", /does not serve shop\/other/],
    ["/services/shop", /NAMESPACE/],
    ["/services/", /NAMESPACE/],
    ["/services/shop/web/more", /NAMESPACE/],
    ["/services/__proto__/web", /NAMESPACE/],
  ] as const) {
    it(`${path} is not found, with the reason`, async () => {
      const response = await get(path);
      assert.equal(response.status, 404);
      assert.match(await response.text(), error);
    });
  }
});
