import assert from "node:assert/strict";
import * as fc from "fast-check";
import type {
  DesiredService,
  DesiredState,
  ServiceName,
} from "../../../../../agent/services/desired-state.ts";
import { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import { arbitraryClusterEvent, finalEvents } from "../../../../support/arbitrary-cluster-event.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../../support/make-objects.ts";
import { tellCatalog } from "./tell-catalog.ts";

function newCatalog(): ServiceCatalog {
  return new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
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
        for (const event of events) tellCatalog(catalog, event);
        const fresh = newCatalog();
        for (const event of finalEvents(events)) tellCatalog(fresh, event);
        assert.deepEqual(outcomeOf(catalog), outcomeOf(fresh));
      }),
      { numRuns: 1_500 },
    );
  });

  it("is known completely from the scope of each change, which holds nothing unneeded", () => {
    fc.assert(
      fc.property(fc.array(arbitraryClusterEvent, { minLength: 1, maxLength: 30 }), (events) => {
        const catalog = newCatalog();
        const follower = new Follower();
        for (const event of events) {
          if (event.kind === "sync") follower.follow(catalog.takeChanges());
          else tellCatalog(catalog, event);
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
        for (const event of events) tellCatalog(catalog, event);
        catalog.takeChanges();
        for (const event of finalEvents(events)) tellCatalog(catalog, event);
        assert.equal(catalog.hasChanges(), false);
      }),
      { numRuns: 500 },
    );
  });
});
