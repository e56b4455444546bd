import assert from "node:assert/strict";
import type { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import { type CatalogDriver, driveCatalog } from "./drive-catalog.ts";

describe("health check node ports of the catalog", () => {
  let catalog: ServiceCatalog;
  let upsertService: CatalogDriver["upsertService"];
  let upsertSlice: CatalogDriver["upsertSlice"];

  beforeEach(() => {
    ({ catalog, upsertService, upsertSlice } = driveCatalog());
  });

  function healthCheckNodePorts(): object {
    catalog.takeChanges();
    return Object.fromEntries(catalog.healthCheckNodePorts);
  }

  const here = { nodeName: "worker-1" };
  const balancer = {
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    healthCheckNodePort: 30_999,
  };

  it("count distinct local ready addresses by family, not those that terminate", () => {
    upsertService({ ...balancer, clusterIPs: ["10.96.0.10", "fd00:10:96::a"] });
    upsertSlice("default/web-1", {
      endpoints: [
        { addresses: ["10.0.0.1"], ...here },
        {
          addresses: ["10.0.0.2"],
          ...here,
          conditions: { ready: false, serving: true, terminating: true },
        },
        { addresses: ["10.0.0.3"], nodeName: "worker-2" },
        "10.0.0.4",
      ],
    });
    upsertSlice("default/web-2", { endpoints: [{ addresses: ["10.0.0.1"], ...here }] });
    upsertSlice("default/web-3", {
      addressType: "IPv6",
      endpoints: [
        { addresses: ["fd00::1"], ...here },
        { addresses: ["fd00::2"], ...here },
      ],
    });
    assert.deepEqual(healthCheckNodePorts(), {
      "default/web": { port: 30_999, localReadyEndpoints: { IPv4: 1, IPv6: 2 } },
    });
  });

  it("do not tell of endpoints that no port leads to", () => {
    upsertService(balancer);
    const endpoints = [{ addresses: ["10.0.0.1"], ...here }];
    for (const ports of [null, [], [{ name: "http" }], [{ port: 8080 }], [{ name: "http", port: 0 }]]) {
      upsertSlice("default/web-1", { ports, endpoints });
      assert.deepEqual(healthCheckNodePorts(), {
        "default/web": { port: 30_999, localReadyEndpoints: { IPv4: 0 } },
      });
    }
    upsertSlice("default/web-1", { ports: [{ name: "http" }, { name: "", port: 8080 }], endpoints });
    assert.deepEqual(healthCheckNodePorts(), {
      "default/web": { port: 30_999, localReadyEndpoints: { IPv4: 1 } },
    });
  });

  it("are for the families of the Service only", () => {
    upsertService(balancer);
    assert.deepEqual(healthCheckNodePorts(), {
      "default/web": { port: 30_999, localReadyEndpoints: { IPv4: 0 } },
    });
  });

  const without: readonly { readonly rule: string; readonly change: object }[] = [
    { rule: "no other type than LoadBalancer", change: { type: "NodePort" } },
    { rule: "no policy Cluster", change: { externalTrafficPolicy: "Cluster" } },
    { rule: "no port 0", change: { healthCheckNodePort: 0 } },
  ];
  for (const { rule, change } of without) {
    it(`are for ${rule}`, () => {
      upsertService(balancer);
      assert.deepEqual(Object.keys(healthCheckNodePorts()), ["default/web"]);
      upsertService({ ...balancer, ...change });
      assert.deepEqual(healthCheckNodePorts(), {});
    });
  }

  it("go with their Service", () => {
    upsertService(balancer);
    catalog.takeChanges();
    catalog.deleteService("default/web");
    assert.deepEqual(healthCheckNodePorts(), {});
  });

  it("are reported as changed when they appear, change and vanish, and not for other changes of their Service", () => {
    const changed = () => {
      catalog.takeChanges();
      return [...catalog.takeChangedHealthChecks()];
    };
    assert.deepEqual(changed(), []);
    upsertService(balancer);
    assert.deepEqual(changed(), ["default/web"]);
    upsertSlice("default/web-1", { endpoints: [{ addresses: ["10.0.0.3"], nodeName: "worker-2" }] });
    assert.deepEqual(changed(), []);
    upsertSlice("default/web-1", { endpoints: [{ addresses: ["10.0.0.1"], ...here }] });
    assert.deepEqual(changed(), ["default/web"]);
    catalog.deleteService("default/web");
    assert.deepEqual(changed(), ["default/web"]);
  });
});
