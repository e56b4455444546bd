import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { DesiredService, DesiredState, ServiceName } from "../../../../agent/services/desired-state.ts";
import { ServiceCatalog } from "../../../../agent/services/service-catalog.ts";
import { trimEndpointSlice } from "../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../agent/watch/trim-service.ts";
import { parseCidr } from "../../../../platform/ip/cidr.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../support/make-objects.ts";

/** What a catalog can be told; undefined takes the object away. */
type Event =
  | { readonly kind: "service"; readonly name: string; readonly fields: object | undefined }
  | { readonly kind: "slice"; readonly name: string; readonly fields: object | undefined }
  | { readonly kind: "namespace"; readonly name: string; readonly labels: Record<string, string> | undefined }
  | { readonly kind: "serviceCIDR"; readonly name: string; readonly cidr: string | undefined }
  | { readonly kind: "config"; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: "node"; readonly facts: Parameters<typeof makeNodeFacts>[0] }
  | { readonly kind: "sync" };

// Few values, so that Services meet at addresses and slices move between Services.
const vips = fc.constantFrom(["10.96.0.1"], ["10.96.0.2"], ["10.96.0.3", "fd00:96::3"], ["None"]);
const outsideIPs = fc.subarray(["203.0.113.1", "203.0.113.2", "10.96.0.1", "192.168.0.1", "bad"]);
const policy = fc.constantFrom("Cluster", "Local");
const nodePort = fc.constantFrom(0, 30_080, 30_081);

const serviceFields = fc.record({
  clusterIPs: vips,
  creationTimestamp: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
  labels: fc.constantFrom({}, { app: "a" }, { "service.kubernetes.io/service-proxy-name": "other" }),
  type: fc.constantFrom("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
  externalIPs: outsideIPs,
  ingress: outsideIPs.map((addresses) => addresses.map((ip) => ({ ip }))),
  loadBalancerSourceRanges: fc.subarray(["192.168.0.0/16", "203.0.113.0/24", "bad"]),
  internalTrafficPolicy: policy,
  externalTrafficPolicy: policy,
  healthCheckNodePort: fc.constantFrom(0, 30_999),
  sessionAffinity: fc.constantFrom("None", "ClientIP"),
  ports: fc.uniqueArray(
    fc.record({ name: fc.constantFrom("a", "b"), port: fc.constantFrom(80, 81, 30_080), nodePort }),
    { selector: ({ name }) => name, minLength: 1 },
  ),
});

const endpoint = fc.record({
  addresses: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3", "bad").map((address) => [address]),
  nodeName: fc.constantFrom("worker-1", "worker-2"),
  conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
  hints: fc.constantFrom({}, { forZones: [{ name: "zone-a" }] }, { forNodes: [{ name: "worker-1" }] }),
});

const sliceFields = fc.record({
  service: fc.constantFrom("s1", "s2", "s3", "absent"),
  ports: fc.subarray([
    { name: "a", port: 8080 },
    { name: "b", port: 9090 },
    { name: "c", port: 0 },
  ]),
  endpoints: fc.array(endpoint, { maxLength: 4 }),
});

const services = [
  { name: "r", serviceSelector: { matchLabels: { app: "a" } }, scheduling: { algorithm: "Maglev" } },
  { name: "s", namespaceSelector: { matchLabels: { team: "a" } }, sessionAffinity: { type: "ClientIP" } },
];

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("service" as const),
      name: fc.constantFrom("s1", "s2", "s3"),
      fields: fc.option(serviceFields, { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("slice" as const),
      name: fc.constantFrom("x", "y", "z"),
      fields: fc.option(sliceFields, { nil: undefined }),
    }),
  },
  fc.record({
    kind: fc.constant("namespace" as const),
    name: fc.constantFrom("default", "other"),
    labels: fc.constantFrom(undefined, {}, { team: "a" }),
  }),
  fc.record({
    kind: fc.constant("serviceCIDR" as const),
    name: fc.constantFrom("p", "q"),
    cidr: fc.constantFrom(undefined, "10.96.0.0/12", "fd00:96::/108"),
  }),
  fc.record({
    kind: fc.constant("config" as const),
    settings: fc.constantFrom({}, { services }, { masqueradeAll: true }, { nodePorts: { localhost: true } }),
  }),
  fc.record({
    kind: fc.constant("node" as const),
    facts: fc.constantFrom({}, { name: "worker-2" }, { zone: undefined }, { podCIDRs: [] }),
  }),
  { weight: 4, arbitrary: fc.constant({ kind: "sync" } as const) },
);

function newCatalog(): ServiceCatalog {
  return new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
}

/** Tells a catalog what a reflector would: an object that is not wanted is as good as gone. */
function tell(catalog: ServiceCatalog, event: Event): void {
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

/** The last word about each object, in an order that has nothing to do with the events'. */
function finalEvents(events: readonly Event[]): readonly Event[] {
  const last = new Map(events.map((event) => [`${event.kind} ${"name" in event ? event.name : ""}`, event]));
  return [...last].toSorted(([left], [right]) => (left < right ? 1 : -1)).map(([, event]) => event);
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
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
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
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
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
      fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
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
