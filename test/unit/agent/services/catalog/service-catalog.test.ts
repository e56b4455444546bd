import assert from "node:assert/strict";
import {
  type CatalogChanges,
  ServiceCatalog,
} from "../../../../../agent/services/catalog/service-catalog.ts";
import type { SocketAddress } from "../../../../../agent/services/catalog/udp-service-ports.ts";
import { trimEndpointSlice } from "../../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import { IpSyntaxError } from "../../../../../platform/ip/address.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../../support/make-objects.ts";
import { endpointWords } from "../compile-objects.ts";

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

function scopeOf({ scope }: CatalogChanges): string | readonly string[] {
  return scope.kind === "full" ? "full" : [...scope.services].toSorted();
}

function addressWords(addresses: readonly SocketAddress[]): readonly string[] {
  return addresses.map(({ address, port }) => `${address} ${port}`);
}

describe("ServiceCatalog", () => {
  let catalog: ServiceCatalog;

  function upsertService(fields: Parameters<typeof makeService>[0]): void {
    const service = trimService(makeService(fields));
    assert.ok(service !== undefined);
    catalog.upsertService(service);
  }

  function upsertSlice(key: string, fields: Parameters<typeof makeEndpointSlice>[0]): void {
    const slice = trimEndpointSlice(makeEndpointSlice(fields));
    assert.ok(slice !== undefined);
    catalog.upsertEndpointSlice(key, slice);
  }

  function localhostPorts(): readonly (readonly [string, number])[] {
    catalog.takeChanges();
    const entries = [...catalog.localhostNodePorts];
    return entries.flatMap(([name, ports]) => ports.map(({ listen }) => [name, listen.port] as const));
  }

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

  function healthCheckNodePorts(): object {
    catalog.takeChanges();
    return Object.fromEntries(catalog.healthCheckNodePorts);
  }

  beforeEach(() => {
    catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
    upsertService({});
    upsertService({ name: "api", clusterIPs: ["10.96.0.11"] });
    upsertSlice("default/web-1", { endpoints: ["10.0.0.1"] });
    upsertSlice("default/api-1", { service: "api", endpoints: ["10.0.0.2"] });
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

    it("a change that is taken back before it is taken concerns nobody", () => {
      upsertSlice("default/web-1", { endpoints: [] });
      upsertSlice("default/web-1", { endpoints: ["10.0.0.1"] });
      upsertService({ name: "brief", clusterIPs: ["10.96.0.12"] });
      catalog.deleteService("default/brief");
      assert.deepEqual(scopeOf(catalog.takeChanges()), []);
    });

    it("a change that makes no difference on this node concerns nobody", () => {
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

    it("settings of the node make the next sync a full one, without a change of Services", () => {
      const before = [...first.desired.services.values()];
      catalog.setConfig(makeNodeProxyConfig({ masqueradeAll: true }));
      const changes = catalog.takeChanges();
      assert.equal(scopeOf(changes), "full");
      assert.equal(changes.desired.node.ipv4.masqueradeAll, true);
      assert.deepEqual(
        [...changes.desired.services.values()].map((service, index) => service === before[index]),
        [true, true],
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

    it("another podCIDR makes the next sync a full one", () => {
      catalog.setNode(makeNodeFacts({ podCIDRs: [parseCidr("10.244.9.0/24")] }));
      assert.equal(scopeOf(catalog.takeChanges()), "full");
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

    it("labels of a namespace concern nobody without such a rule, and count when it comes", () => {
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

  describe("health check node ports", () => {
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

    it("are told as changed when they appear, change and vanish, and not for other changes of their Service", () => {
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

  describe("UDP ports", () => {
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

    const endpoints: readonly { readonly rule: string; readonly endpoint: object; readonly kept: boolean }[] =
      [
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

  describe("NodePorts on localhost", () => {
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
