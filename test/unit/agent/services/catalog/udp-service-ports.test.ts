import assert from "node:assert/strict";
import type { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import type { SocketAddress } from "../../../../../platform/ip/socket-address.ts";
import { type CatalogDriver, driveCatalog, scopeOf } from "./drive-catalog.ts";

function addressWords(addresses: readonly SocketAddress[]): readonly string[] {
  return addresses.map(({ address, port }) => `${address} ${port}`);
}

describe("UDP ports of the catalog", () => {
  let catalog: ServiceCatalog;
  let upsertService: CatalogDriver["upsertService"];
  let upsertSlice: CatalogDriver["upsertSlice"];

  beforeEach(() => {
    ({ catalog, upsertService, upsertSlice } = driveCatalog());
  });

  /** Frontends and endpoints by Service, of those that have changed since this was last called. */
  function changedUdpPorts(): object {
    catalog.takeChanges();
    return Object.fromEntries(
      [...catalog.takeChangedUdpServices()].map((name) => [
        name,
        (catalog.udpServicePorts.get(name) ?? []).map(({ frontends, endpoints }) => ({
          frontends: addressWords(frontends),
          endpoints: addressWords(endpoints),
        })),
      ]),
    );
  }

  const dns = {
    type: "NodePort",
    ports: [
      { name: "dns", port: 53, protocol: "UDP", nodePort: 30_053 },
      { name: "web", port: 80 },
    ],
  };
  const ports = [{ name: "dns", port: 5353, protocol: "UDP" }];
  const draining = { ready: false, serving: true, terminating: true };
  const frontends = ["10.96.0.10 53", "192.168.0.1 30053"];

  beforeEach(() => {
    upsertService(dns);
    upsertSlice("default/web-1", { ports, endpoints: ["10.0.0.1", "10.0.0.2"] });
  });

  it("tell their frontends and endpoints at first, and nothing after that", () => {
    assert.deepEqual(changedUdpPorts(), {
      "default/web": [{ frontends, endpoints: ["10.0.0.1 5353", "10.0.0.2 5353"] }],
    });
    assert.deepEqual(changedUdpPorts(), {});
  });

  it("are none of Services with other protocols only", () => {
    upsertService({});
    assert.deepEqual(changedUdpPorts(), {});
    assert.equal(catalog.udpServicePorts.size, 0);
  });

  const endpoints: readonly { readonly rule: string; readonly endpoint: object; readonly kept: boolean }[] = [
    { rule: "that serves while it terminates is kept", endpoint: draining, kept: true },
    {
      rule: "that is ready without serving is kept",
      endpoint: { ready: true, serving: false },
      kept: true,
    },
    {
      rule: "that neither is ready nor serves is not",
      endpoint: { ready: false, serving: false },
      kept: false,
    },
  ];
  for (const { rule, endpoint: conditions, kept } of endpoints) {
    it(`an endpoint ${rule}`, () => {
      upsertSlice("default/web-1", {
        ports,
        endpoints: ["10.0.0.1", { addresses: ["10.0.0.2"], conditions }],
      });
      const expected = kept ? ["10.0.0.1 5353", "10.0.0.2 5353"] : ["10.0.0.1 5353"];
      assert.deepEqual(changedUdpPorts(), { "default/web": [{ frontends, endpoints: expected }] });
    });
  }

  it("have changed when an endpoint ends that got no new flows any more", () => {
    upsertSlice("default/web-1", {
      ports,
      endpoints: ["10.0.0.1", { addresses: ["10.0.0.2"], conditions: draining }],
    });
    changedUdpPorts();
    upsertSlice("default/web-1", { ports, endpoints: ["10.0.0.1"] });
    assert.deepEqual(scopeOf(catalog.takeChanges()), []);
    assert.deepEqual([...catalog.takeChangedUdpServices()], ["default/web"]);
  });

  it("have changed, and are none, when the Service goes", () => {
    changedUdpPorts();
    catalog.deleteService("default/web");
    assert.deepEqual(changedUdpPorts(), { "default/web": [] });
  });
});
