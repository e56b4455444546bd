import assert from "node:assert/strict";
import * as fc from "fast-check";
import type {
  DesiredService,
  DesiredState,
  ServiceName,
} from "../../../../../agent/services/desired-state.ts";
import { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import { trimEndpointSlice } from "../../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import {
  arbitraryClusterEvent,
  type ClusterEvent,
  finalEvents,
} from "../../../../support/arbitrary-cluster-event.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../../support/make-objects.ts";

function newCatalog(): ServiceCatalog {
  return new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
}

/** Tells a catalog what a reflector would: an object that is not wanted is as good as gone. */
function tell(catalog: ServiceCatalog, event: ClusterEvent): void {
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

function outcomeOf(catalog: ServiceCatalog): object {
  const { desired } = catalog.takeChanges();
  return {
    node: desired.node,
    services: new Map(desired.services),
    problems: catalog.problems(),
    healthCheckNodePorts: new Map(catalog.healthCheckNodePorts),
  };
}

/** A dataplane that looks only at what the scope names. */
class Follower {
  #services = new Map<ServiceName, DesiredService>();
  #node: DesiredState["node"] | undefined;

  follow({ scope, desired }: ReturnType<ServiceCatalog["takeChanges"]>): void {
    if (scope.kind === "full") {
      this.#services = new Map(desired.services);
      this.#node = desired.node;
      return;
    }
    for (const name of scope.services) {
      const service = desired.services.get(name);
      assert.notDeepEqual(service, this.#services.get(name), `${name} is in the scope but has not changed`);
      if (service === undefined) this.#services.delete(name);
      else this.#services.set(name, service);
    }
    assert.deepEqual(
      { services: this.#services, node: this.#node },
      { services: desired.services, node: desired.node },
    );
  }
}

describe("any sequence of events", () => {
  it("leads to what a new catalog makes of the final objects", () => {
    fc.assert(
      fc.property(fc.array(arbitraryClusterEvent, { minLength: 1, maxLength: 30 }), (events) => {
        const catalog = newCatalog();
        for (const event of events) tell(catalog, event);
        const fresh = newCatalog();
        for (const event of finalEvents(events)) tell(fresh, event);
        assert.deepEqual(outcomeOf(catalog), outcomeOf(fresh));
      }),
      { numRuns: 1_500 },
    );
  });

  it("is known completely to who looks only at the scope of each change, and nothing is in it in vain", () => {
    fc.assert(
      fc.property(fc.array(arbitraryClusterEvent, { minLength: 1, maxLength: 30 }), (events) => {
        const catalog = newCatalog();
        const follower = new Follower();
        for (const event of events) {
          if (event.kind === "sync") follower.follow(catalog.takeChanges());
          else tell(catalog, event);
        }
        follower.follow(catalog.takeChanges());
      }),
      { numRuns: 1_500 },
    );
  });

  it("can come twice", () => {
    fc.assert(
      fc.property(fc.array(arbitraryClusterEvent, { minLength: 1, maxLength: 20 }), (events) => {
        const catalog = newCatalog();
        for (const event of events) tell(catalog, event);
        catalog.takeChanges();
        for (const event of finalEvents(events)) tell(catalog, event);
        assert.equal(catalog.hasChanges(), false);
      }),
      { numRuns: 500 },
    );
  });
});
