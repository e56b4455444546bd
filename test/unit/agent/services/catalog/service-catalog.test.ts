import assert from "node:assert/strict";
import {
  type CatalogChanges,
  type ServiceCatalog,
} from "../../../../../agent/services/catalog/service-catalog.ts";
import { IpSyntaxError } from "../../../../../platform/ip/address.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../../support/make-objects.ts";
import { endpointWords } from "../compile-objects.ts";
import { type CatalogDriver, driveCatalog, scopeOf } from "./drive-catalog.ts";

const maglevForTeamA = {
  name: "r",
  namespaceSelector: { matchLabels: { team: "a" } },
  scheduling: { algorithm: "Maglev" },
};

function clusterEndpointsOf({ desired }: CatalogChanges, name: string): readonly string[] {
  const service = [...desired.services.values()].find((candidate) => candidate.name === name);
  return (service?.ports ?? []).flatMap((port) => endpointWords(port.clusterEndpoints));
}

function hinted(address: string, zone: string): object {
  return { addresses: [address], hints: { forZones: [{ name: zone }] } };
}

function triggeredAt(time: string): Readonly<Record<string, string>> {
  return { "endpoints.kubernetes.io/last-change-trigger-time": time };
}

describe("ServiceCatalog", () => {
  let catalog: ServiceCatalog;
  let upsertService: CatalogDriver["upsertService"];
  let upsertSlice: CatalogDriver["upsertSlice"];

  beforeEach(() => {
    ({ catalog, upsertService, upsertSlice } = driveCatalog());
  });

  it("has everything to take at first, and nothing after that", () => {
    assert.equal(catalog.hasChanges(), true);
    assert.equal(scopeOf(catalog.takeChanges()), "full");
    assert.equal(catalog.hasChanges(), false);
    assert.deepEqual(scopeOf(catalog.takeChanges()), []);
  });

  describe("after the first sync", () => {
    let first: CatalogChanges;
    beforeEach(() => {
      first = catalog.takeChanges();
    });

    it("a changed slice concerns its Service only", () => {
      const untouched = [...first.desired.services.values()].find(({ name }) => name === "default/api");
      upsertSlice("default/web-1", { endpoints: ["10.0.0.1", "10.0.0.9"] });
      const changes = catalog.takeChanges();
      assert.deepEqual(scopeOf(changes), ["default/web"]);
      assert.deepEqual(clusterEndpointsOf(changes, "default/web"), ["10.0.0.1 8080", "10.0.0.9 8080"]);
      assert.ok([...changes.desired.services.values()].some((service) => service === untouched));
    });

    it("the desired Services are one live map", () => {
      upsertService({ name: "new", clusterIPs: ["10.96.0.12"] });
      assert.equal(catalog.takeChanges().desired.services, first.desired.services);
    });

    it("an object that arrives again as it was is no change", () => {
      upsertService({});
      upsertSlice("default/web-1", { endpoints: ["10.0.0.1"] });
      assert.equal(catalog.hasChanges(), false);
    });

    it("a change that is undone before it is taken concerns no Service", () => {
      upsertSlice("default/web-1", { endpoints: [] });
      upsertSlice("default/web-1", { endpoints: ["10.0.0.1"] });
      upsertService({ name: "brief", clusterIPs: ["10.96.0.12"] });
      catalog.deleteService("default/brief");
      assert.deepEqual(scopeOf(catalog.takeChanges()), []);
    });

    it("a change that makes no difference on this node concerns no Service", () => {
      upsertService({ labels: { a: "b" } });
      upsertSlice("default/web-2", {
        endpoints: [{ addresses: ["10.0.0.3"], conditions: { ready: false } }],
      });
      assert.deepEqual(scopeOf(catalog.takeChanges()), []);
    });

    it("a deleted Service is in the scope and gone from the desired state", () => {
      catalog.deleteService("default/web");
      const changes = catalog.takeChanges();
      assert.deepEqual(scopeOf(changes), ["default/web"]);
      assert.deepEqual([...changes.desired.services.keys()], ["default/api"]);
    });

    it("a Service that comes back finds its slices", () => {
      catalog.deleteService("default/web");
      catalog.takeChanges();
      upsertService({});
      assert.deepEqual(clusterEndpointsOf(catalog.takeChanges(), "default/web"), ["10.0.0.1 8080"]);
    });

    it("slices without a Service have no effect until it comes", () => {
      upsertSlice("default/late-1", { service: "late", endpoints: ["10.0.0.4"] });
      assert.deepEqual(scopeOf(catalog.takeChanges()), []);
      upsertService({ name: "late", clusterIPs: ["10.96.0.12"] });
      assert.deepEqual(clusterEndpointsOf(catalog.takeChanges(), "default/late"), ["10.0.0.4 8080"]);
    });

    it("an endpoint that moves from slice to slice never leaves", () => {
      catalog.deleteEndpointSlice("default/web-1");
      upsertSlice("default/web-2", { endpoints: ["10.0.0.1"] });
      assert.deepEqual(scopeOf(catalog.takeChanges()), []);
    });

    it("a slice that moves to another Service concerns both", () => {
      upsertSlice("default/web-1", { service: "api", endpoints: ["10.0.0.1"] });
      const changes = catalog.takeChanges();
      assert.deepEqual(scopeOf(changes), ["default/api", "default/web"]);
      assert.deepEqual(clusterEndpointsOf(changes, "default/api"), ["10.0.0.1 8080", "10.0.0.2 8080"]);
      assert.deepEqual(clusterEndpointsOf(changes, "default/web"), []);
    });

    it("deleting what is not known is no change", () => {
      catalog.deleteService("default/none");
      catalog.deleteEndpointSlice("default/none");
      catalog.deleteNamespace("none");
      catalog.deleteServiceCIDR("none");
      assert.equal(catalog.hasChanges(), false);
    });

    it("settings that change whom ClusterIPs masquerade make the next sync a full one, with other verdicts", () => {
      catalog.setConfig(makeNodeProxyConfig({ masqueradeAll: true }));
      const changes = catalog.takeChanges();
      assert.equal(scopeOf(changes), "full");
      assert.equal(changes.desired.node.ipv4.clusterIPMasquerade.pod, true);
      const verdicts = [...changes.desired.services.values()].flatMap(({ ports }) =>
        ports.flatMap(({ frontends }) => frontends.map((frontend) => frontend.verdicts.pod)),
      );
      const masqueraded = { kind: "loadBalance", endpoints: "cluster", masquerade: true };
      assert.deepEqual(verdicts, [masqueraded, masqueraded]);
    });

    it("another mode of a Service is a change, also without another difference", () => {
      const services = [{ name: "r", names: ["default/api"], mode: "userspace" }];
      catalog.setConfig(makeNodeProxyConfig({ services }));
      const changes = catalog.takeChanges();
      assert.deepEqual(scopeOf(changes), ["default/api"]);
      assert.deepEqual(
        [...changes.desired.services.values()].map(({ name, mode }) => [name, mode]),
        [
          ["default/web", undefined],
          ["default/api", "userspace"],
        ],
      );
    });

    it("settings for some Services concern those that differ", () => {
      const services = [{ name: "r", names: ["default/api"], scheduling: { algorithm: "Maglev" } }];
      catalog.setConfig(makeNodeProxyConfig({ services }));
      assert.deepEqual(scopeOf(catalog.takeChanges()), ["default/api"]);
    });

    it("the same settings again are no change", () => {
      catalog.setConfig(makeNodeProxyConfig());
      catalog.setNode(makeNodeFacts());
      assert.equal(catalog.hasChanges(), false);
    });

    it("settings with a bad CIDR are refused and change nothing", () => {
      const config = makeNodeProxyConfig({ masqueradeAll: true, nodePorts: { addresses: ["10.0.0.0"] } });
      assert.throws(() => catalog.setConfig(config), IpSyntaxError);
      assert.equal(catalog.hasChanges(), false);
    });

    it("another zone concerns Services with zone hints only", () => {
      upsertSlice("default/api-1", {
        service: "api",
        endpoints: [hinted("10.0.0.2", "zone-a"), hinted("10.0.0.3", "zone-b")],
      });
      catalog.takeChanges();
      catalog.setNode(makeNodeFacts({ zone: "zone-b" }));
      const changes = catalog.takeChanges();
      assert.deepEqual(scopeOf(changes), ["default/api"]);
      assert.deepEqual(clusterEndpointsOf(changes, "default/api"), ["10.0.0.3 8080"]);
    });

    it("another podCIDR makes the next sync a full one, without a change of Services", () => {
      const before = [...first.desired.services.values()];
      catalog.setNode(makeNodeFacts({ podCIDRs: [parseCidr("10.244.9.0/24")] }));
      const changes = catalog.takeChanges();
      assert.equal(scopeOf(changes), "full");
      assert.deepEqual(
        [...changes.desired.services.values()].map((service, index) => service === before[index]),
        [true, true],
      );
    });

    it("a new service CIDR makes the next sync a full one, the same again does not", () => {
      catalog.upsertServiceCIDR("kubernetes", [parseCidr("10.96.0.0/12")]);
      assert.equal(catalog.hasChanges(), true);
      const changes = catalog.takeChanges();
      assert.equal(scopeOf(changes), "full");
      assert.deepEqual(changes.desired.node.ipv4.serviceCIDRs, ["10.96.0.0/12"]);
      catalog.upsertServiceCIDR("kubernetes", [parseCidr("10.96.0.0/12")]);
      assert.equal(catalog.hasChanges(), false);
    });

    it("a deleted service CIDR is forgotten", () => {
      catalog.upsertServiceCIDR("kubernetes", [parseCidr("10.96.0.0/12")]);
      catalog.takeChanges();
      catalog.deleteServiceCIDR("kubernetes");
      assert.deepEqual(catalog.takeChanges().desired.node.ipv4.serviceCIDRs, []);
    });

    it("labels of a namespace concern its Services where a rule selects by them", () => {
      catalog.setConfig(makeNodeProxyConfig({ services: [maglevForTeamA] }));
      upsertService({ name: "web", namespace: "other", clusterIPs: ["10.96.0.12"] });
      catalog.takeChanges();
      catalog.upsertNamespace("default", { team: "a" });
      assert.deepEqual(scopeOf(catalog.takeChanges()), ["default/api", "default/web"]);
      catalog.deleteNamespace("default");
      assert.deepEqual(scopeOf(catalog.takeChanges()), ["default/api", "default/web"]);
    });

    it("labels of a namespace concern no Service without such a rule, and count when it comes", () => {
      catalog.upsertNamespace("default", { team: "a" });
      assert.equal(catalog.hasChanges(), false);
      catalog.setConfig(makeNodeProxyConfig({ services: [maglevForTeamA] }));
      assert.deepEqual(scopeOf(catalog.takeChanges()), ["default/api", "default/web"]);
    });
  });

  describe("trigger times", () => {
    const time = "2026-11-21T04:00:00.123456789Z";

    it("are those of the changed slices, once", () => {
      catalog.takeChanges();
      upsertSlice("default/web-1", { endpoints: ["10.0.0.3"], annotations: triggeredAt(time) });
      upsertSlice("default/api-1", { service: "api", annotations: triggeredAt("not a time") });
      assert.deepEqual(catalog.takeChanges().triggerTimes, [Date.parse("2026-11-21T04:00:00.123Z")]);
      upsertSlice("default/web-1", { endpoints: ["10.0.0.3"], annotations: triggeredAt(time) });
      assert.deepEqual(catalog.takeChanges().triggerTimes, []);
    });

    it("from before the first sync say nothing", () => {
      upsertSlice("default/web-1", { endpoints: ["10.0.0.3"], annotations: triggeredAt(time) });
      assert.deepEqual(catalog.takeChanges().triggerTimes, []);
    });
  });

  describe("problems", () => {
    it("are there as long as their cause, in order of the Services", () => {
      upsertService({ externalIPs: ["x"] });
      upsertSlice("default/api-1", { service: "api", endpoints: ["y"] });
      catalog.takeChanges();
      assert.deepEqual(
        catalog.problems().map(({ service, value }) => `${service} ${value}`),
        ['default/api {"addresses":["y"]}', 'default/web "x"'],
      );
      upsertService({});
      catalog.deleteEndpointSlice("default/api-1");
      catalog.takeChanges();
      assert.deepEqual(catalog.problems(), []);
    });

    it("go with their Service", () => {
      upsertService({ externalIPs: ["x"] });
      catalog.takeChanges();
      catalog.deleteService("default/web");
      catalog.takeChanges();
      assert.deepEqual(catalog.problems(), []);
    });
  });
});
