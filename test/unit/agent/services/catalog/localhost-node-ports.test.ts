import assert from "node:assert/strict";
import type { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import { makeNodeProxyConfig } from "../../../../support/make-objects.ts";
import { type CatalogDriver, driveCatalog } from "./drive-catalog.ts";

describe("NodePorts on localhost of the catalog", () => {
  let catalog: ServiceCatalog;
  let upsertService: CatalogDriver["upsertService"];

  beforeEach(() => {
    ({ catalog, upsertService } = driveCatalog());
  });

  function localhostPorts(): readonly (readonly [string, number])[] {
    catalog.takeChanges();
    const entries = [...catalog.localhostNodePorts];
    return entries.flatMap(([name, ports]) => ports.map(({ listen }) => [name, listen.port] as const));
  }

  const config = makeNodeProxyConfig({ nodePorts: { localhost: true } });

  beforeEach(() => {
    upsertService({ type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
  });

  it("are there while the settings ask for them", () => {
    assert.deepEqual(localhostPorts(), []);
    catalog.setConfig(config);
    assert.deepEqual(localhostPorts(), [["default/web", 30_080]]);
    catalog.setConfig(makeNodeProxyConfig());
    assert.deepEqual(localhostPorts(), []);
  });

  it("follow their Service and go with it", () => {
    catalog.setConfig(config);
    upsertService({ type: "NodePort", ports: [{ port: 80, nodePort: 30_081 }] });
    assert.deepEqual(localhostPorts(), [["default/web", 30_081]]);
    upsertService({});
    assert.deepEqual(localhostPorts(), []);
    upsertService({ type: "NodePort", ports: [{ port: 80, nodePort: 30_081 }] });
    assert.equal(localhostPorts().length, 1);
    catalog.deleteService("default/web");
    assert.deepEqual(localhostPorts(), []);
  });
});
