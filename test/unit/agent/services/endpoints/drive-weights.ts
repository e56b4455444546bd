import assert from "node:assert/strict";
import {
  type CatalogChanges,
  ServiceCatalog,
} from "../../../../../agent/services/catalog/service-catalog.ts";
import { trimEndpointSlice } from "../../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import { parseIpAddress } from "../../../../../platform/ip/address.ts";
import { transportKey } from "../../../../../platform/ip/socket-address.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../../support/make-objects.ts";

type Numbers = Readonly<Record<string, number>>;

/** A catalog with Service default/web, whose endpoints have weights. */
export interface WeightsDriver {
  readonly catalog: ServiceCatalog;
  readonly setService: (fields?: Parameters<typeof makeService>[0]) => void;
  /** @param weights by address, as in the annotation */
  readonly setEndpoints: (endpoints: readonly unknown[], weights?: Numbers, name?: string) => void;
  readonly setConfig: (scheduling: object) => void;
  /** The weights once these connections are counted, by address. */
  readonly countedWeights: (counts: Numbers) => Numbers;
}

export function driveWeights(): WeightsDriver {
  const catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
  return {
    catalog,
    setService(fields = {}) {
      const service = trimService(makeService(fields));
      assert.ok(service !== undefined);
      catalog.upsertService(service);
    },
    setEndpoints(endpoints, weights = {}, name = "web-1") {
      const annotations = { "kubesteer.dev/endpoint-weights": JSON.stringify(weights) };
      const slice = trimEndpointSlice(makeEndpointSlice({ name, endpoints, annotations }));
      assert.ok(slice !== undefined);
      catalog.upsertEndpointSlice(name, slice);
    },
    setConfig(scheduling) {
      catalog.setConfig(makeNodeProxyConfig({ scheduling }));
    },
    countedWeights(counts) {
      const entries = Object.entries(counts).map(([address, count]): [string, number] => [
        transportKey("TCP", { address: parseIpAddress(address), port: 8080 }),
        count,
      ]);
      catalog.setConnections({ kind: "counted", counts: new Map(entries) });
      return weights(catalog.takeChanges());
    },
  };
}

/** Weights by the last part of the address; with `local`, of the endpoints of the node. */
export function weights(changes: CatalogChanges, { local = false } = {}): Numbers {
  const [port] = [...changes.desired.services.values()].flatMap(({ ports }) => ports);
  const endpoints = (local ? port?.localEndpoints : port?.clusterEndpoints) ?? [];
  return Object.fromEntries(
    endpoints.map(({ address, weight }) => [String(address).split(".").at(-1) ?? "", weight]),
  );
}

export const [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;
