import type { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import { trimEndpointSlice } from "../../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import type { ClusterEvent } from "../../../../support/arbitrary-cluster-event.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../../support/make-objects.ts";

/** Feeds a catalog as a reflector would: an unwanted object counts as deleted. */
export function tellCatalog(catalog: ServiceCatalog, event: ClusterEvent): void {
  switch (event.kind) {
    case "service": {
      const kept = event.fields && trimService(makeService({ name: event.name, ...event.fields }));
      if (kept === undefined) catalog.deleteService(`default/${event.name}`);
      else catalog.upsertService(kept);
      break;
    }
    case "slice": {
      const kept =
        event.fields && trimEndpointSlice(makeEndpointSlice({ name: event.name, ...event.fields }));
      if (kept === undefined) catalog.deleteEndpointSlice(`default/${event.name}`);
      else catalog.upsertEndpointSlice(`default/${event.name}`, kept);
      break;
    }
    case "namespace":
      if (event.labels === undefined) catalog.deleteNamespace(event.name);
      else catalog.upsertNamespace(event.name, event.labels);
      break;
    case "serviceCIDR":
      if (event.cidr === undefined) catalog.deleteServiceCIDR(event.name);
      else catalog.upsertServiceCIDR(event.name, [parseCidr(event.cidr)]);
      break;
    case "config":
      catalog.setConfig(makeNodeProxyConfig(event.settings));
      break;
    case "node":
      catalog.setNode(makeNodeFacts(event.facts));
      break;
    case "sync":
      catalog.takeChanges();
      break;
  }
}
