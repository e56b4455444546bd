import assert from "node:assert/strict";
import { listUnsupported } from "../../../../../agent/status/list-unsupported.ts";
import { ServiceCatalog } from "../../../../../agent/services/catalog/service-catalog.ts";
import { trimService } from "../../../../../agent/watch/trim-service.ts";
import { makeNodeFacts, makeNodeProxyConfig, makeService } from "../../../../support/make-objects.ts";
import { makeSyncReport } from "../../../../support/make-sync-outcome.ts";
import { compileObjects, frontendLines } from "../compile-objects.ts";

type Service = Parameters<typeof makeService>[0];

interface Row {
  readonly rule: string;
  readonly services: readonly Service[];
  /** Frontends of each Service that is served. */
  readonly frontends: Readonly<Record<string, readonly string[]>>;
  readonly problems?: readonly string[];
}

const older = "2026-01-01T00:00:00Z";
const younger = "2026-01-02T00:00:00Z";
const vip = { a: "clusterIP 10.96.0.1 80/TCP cluster", b: "clusterIP 10.96.0.2 80/TCP cluster" };
const outside = "externalIP 203.0.113.9 80/TCP cluster";
const a = { name: "a", clusterIPs: ["10.96.0.1"], creationTimestamp: older };
const b = { name: "b", clusterIPs: ["10.96.0.2"], creationTimestamp: older };
const externalIPs = ["203.0.113.9"];

const rows: readonly Row[] = [
  {
    rule: "the older Service has the address",
    services: [
      { ...a, externalIPs, creationTimestamp: younger },
      { ...b, externalIPs },
    ],
    frontends: { "default/a": [vip.a], "default/b": [vip.b, outside] },
    problems: ["default/a spec.externalIPs"],
  },
  {
    rule: "of two equally old Services the smaller name has it",
    services: [
      { ...b, externalIPs },
      { ...a, externalIPs },
    ],
    frontends: { "default/a": [vip.a, outside], "default/b": [vip.b] },
    problems: ["default/b spec.externalIPs"],
  },
  {
    rule: "of two equally old Services the smaller name has it, by whatever field they ask for it",
    services: [
      { ...a, externalIPs },
      { ...b, type: "LoadBalancer", ingress: [{ ip: "203.0.113.9" }] },
    ],
    frontends: { "default/a": [vip.a, outside], "default/b": [vip.b] },
    problems: ["default/b status.loadBalancer.ingress"],
  },
  {
    rule: "a Service without a readable age is younger than all others",
    services: [
      { ...a, externalIPs, creationTimestamp: "yesterday" },
      { ...b, externalIPs, creationTimestamp: younger },
    ],
    frontends: { "default/a": [vip.a], "default/b": [vip.b, outside] },
    problems: ["default/a spec.externalIPs"],
  },
  {
    rule: "a clusterIP beats an older externalIP",
    services: [
      { ...a, externalIPs: ["10.96.0.2"] },
      { ...b, creationTimestamp: younger },
    ],
    frontends: { "default/a": [vip.a], "default/b": [vip.b] },
    problems: ["default/a spec.externalIPs"],
  },
  {
    rule: "a clusterIP beats an older load balancer address",
    services: [
      { ...a, type: "LoadBalancer", ingress: [{ ip: "10.96.0.2" }] },
      { ...b, creationTimestamp: younger },
    ],
    frontends: { "default/a": [vip.a], "default/b": [vip.b] },
    problems: ["default/a status.loadBalancer.ingress"],
  },
  {
    rule: "an externalIP on another Service's clusterIP is fine at another port",
    services: [{ ...a, externalIPs: ["10.96.0.2"], ports: [{ port: 81 }] }, b],
    frontends: {
      "default/a": ["clusterIP 10.96.0.1 81/TCP cluster", "externalIP 10.96.0.2 81/TCP cluster"],
      "default/b": [vip.b],
    },
  },
  {
    rule: "one address and port can be shared between protocols",
    services: [
      { ...a, externalIPs },
      { ...b, externalIPs, ports: [{ port: 80, protocol: "UDP" }] },
    ],
    frontends: {
      "default/a": [vip.a, outside],
      "default/b": ["clusterIP 10.96.0.2 80/UDP cluster", "externalIP 203.0.113.9 80/UDP cluster"],
    },
  },
  {
    rule: "an externalIP that is the node's address can meet a nodePort; the older has it",
    services: [
      { ...a, type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }], creationTimestamp: younger },
      { ...b, externalIPs: ["192.168.0.1"], ports: [{ port: 30_080 }] },
    ],
    frontends: {
      "default/a": [vip.a],
      "default/b": ["clusterIP 10.96.0.2 30080/TCP cluster", "externalIP 192.168.0.1 30080/TCP cluster"],
    },
    problems: ["default/a spec.ports.nodePort"],
  },
  {
    rule: "two ports of one Service with one nodePort: the first by name has it, the other is reported",
    services: [
      {
        ...a,
        type: "NodePort",
        ports: [
          { name: "y", port: 80, nodePort: 30_080 },
          { name: "x", port: 81, nodePort: 30_080 },
        ],
      },
    ],
    frontends: {
      "default/a": [vip.a, "clusterIP 10.96.0.1 81/TCP cluster", "nodePort 192.168.0.1 30080/TCP cluster"],
    },
    problems: ["default/a spec.ports.nodePort"],
  },
  {
    rule: "a service port that loses all its addresses is not served",
    services: [a, { ...b, clusterIPs: a.clusterIPs }],
    frontends: { "default/a": [vip.a] },
    problems: ["default/b spec.clusterIPs"],
  },
];

describe("two Services that want one address", () => {
  for (const { rule, services, frontends, problems = [] } of rows) {
    for (const order of ["in this order", "in reverse order"]) {
      it(`${rule}, ${order}`, () => {
        const objects = services.map((service) => makeService(service));
        const compiled = compileObjects({
          services: order === "in this order" ? objects : objects.toReversed(),
        });
        const lines = [...compiled.services].map(([name, { ports }]) => [name, frontendLines(ports)]);
        assert.deepEqual(Object.fromEntries(lines), frontends);
        assert.deepEqual(
          compiled.problems.map(({ service, field }) => `${service} ${field}`),
          problems,
        );
      });
    }
  }

  describe("over time", () => {
    const contested = { ...b, externalIPs, creationTimestamp: younger };
    let catalog: ServiceCatalog;
    const upsert = (service: Service) => {
      const kept = trimService(makeService(service));
      assert.ok(kept !== undefined);
      catalog.upsertService(kept);
    };
    const served = () => {
      const { scope, desired } = catalog.takeChanges();
      const lines = [...desired.services].map(([name, { ports }]) => [name, frontendLines(ports)]);
      return {
        scope: scope.kind === "full" ? "full" : [...scope.services].toSorted(),
        frontends: Object.fromEntries(lines),
        problems: catalog.problems().map(({ service }) => service),
      };
    };
    beforeEach(() => {
      catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
      upsert({ ...a, externalIPs });
      upsert(contested);
      assert.deepEqual(served().problems, ["default/b"]);
    });

    it("the loser takes over when the winner is deleted", () => {
      catalog.deleteService("default/a");
      assert.deepEqual(served(), {
        scope: ["default/a", "default/b"],
        frontends: { "default/b": [vip.b, outside] },
        problems: [],
      });
    });

    it("the loser takes over when the winner gives the address up", () => {
      upsert(a);
      assert.deepEqual(served(), {
        scope: ["default/a", "default/b"],
        frontends: { "default/a": [vip.a], "default/b": [vip.b, outside] },
        problems: [],
      });
    });

    it("an older Service that comes later takes the address away", () => {
      upsert({
        name: "c",
        clusterIPs: ["10.96.0.3"],
        externalIPs,
        creationTimestamp: "2025-01-01T00:00:00Z",
      });
      const { scope, problems } = served();
      assert.deepEqual(scope, ["default/a", "default/c"]);
      assert.deepEqual(problems, ["default/a", "default/b"]);
    });

    it("a change that moves no address checks no other Service", () => {
      upsert({ ...a, externalIPs, sessionAffinity: "ClientIP" });
      assert.deepEqual(served().scope, ["default/a"]);
    });
  });
});

function lost(...services: readonly Service[]) {
  return listUnsupported(makeSyncReport(), compileObjects({ services: services.map(makeService) }).problems);
}

describe("the message about a lost address", () => {
  it("names the address and the Service that has it", () => {
    assert.deepEqual(lost({ ...a, externalIPs, creationTimestamp: younger }, { ...b, externalIPs }), [
      {
        service: "default/a",
        feature: "spec.externalIPs",
        reason: "TCP 203.0.113.9 port 80 belongs to Service default/b until that Service gives it up",
      },
    ]);
  });

  it("names its port where that has a name", () => {
    const ports = [{ name: "web", port: 80 }];
    assert.match(
      lost({ ...a, externalIPs, creationTimestamp: younger }, { ...b, externalIPs, ports })[0]?.reason ?? "",
      /^TCP 203\.0\.113\.9 port 80 belongs to Service default\/b \(port web\) until that Service gives it up$/,
    );
  });
});
