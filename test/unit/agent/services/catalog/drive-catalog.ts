import assert from "node:assert/strict";
import {
  type CatalogChanges,
  ServiceCatalog,
} from "../../../../../agent/services/catalog/service-catalog.ts";
import { trimEndpointSlice } from "../../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../../support/make-objects.ts";

/** A catalog that receives API objects as from a watch. */
export interface CatalogDriver {
  readonly catalog: ServiceCatalog;
  readonly upsertService: (fields: Parameters<typeof makeService>[0]) => void;
  readonly upsertSlice: (key: string, fields: Parameters<typeof makeEndpointSlice>[0]) => void;
}

/** It has the Services default/web and default/api with one slice each, and nothing of it is taken yet. */
export function driveCatalog(): CatalogDriver {
  const catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
  const driver: CatalogDriver = {
    catalog,
    upsertService(fields) {
      const service = trimService(makeService(fields));
      assert.ok(service !== undefined);
      catalog.upsertService(service);
    },
    upsertSlice(key, fields) {
      const slice = trimEndpointSlice(makeEndpointSlice(fields));
      assert.ok(slice !== undefined);
      catalog.upsertEndpointSlice(key, slice);
    },
  };
  driver.upsertService({});
  driver.upsertService({ name: "api", clusterIPs: ["10.96.0.11"] });
  driver.upsertSlice("default/web-1", { endpoints: ["10.0.0.1"] });
  driver.upsertSlice("default/api-1", { service: "api", endpoints: ["10.0.0.2"] });
  return driver;
}

/** "full", or the names of the Services that differ. */
export function scopeOf({ scope }: CatalogChanges): string | readonly string[] {
  return scope.kind === "full" ? "full" : [...scope.services].toSorted();
}
