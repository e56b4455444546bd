import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import { createRunner, type DataplaneRunner } from "../../../../../agent/dataplane/runner.ts";
import { retirementMs } from "../../../../../agent/dataplane/nftables/retirement.ts";
import type {
  DesiredNode,
  DesiredService,
  Endpoint,
  LocalDetector,
  ServiceName,
} from "../../../../../agent/services/desired-state.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { arbitraryDesiredService } from "../../../../support/arbitrary-desired-service.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
} from "../../../../support/make-desired-state.ts";
import { createNftNamespace, type NftNamespace } from "../../../../support/nft-namespace.ts";

const web = (...endpoints: readonly string[]): DesiredService =>
  makeDesiredService("default/web", [{ clusterEndpoints: endpoints.map((text) => makeEndpoint(text)) }]);

const sticky = (affinityTimeoutSeconds: number, ...endpoints: readonly string[]): DesiredService =>
  makeDesiredService("default/web", [
    { affinityTimeoutSeconds, clusterEndpoints: endpoints.map((text) => makeEndpoint(text)) },
  ]);

const here = makeEndpoint("10.244.1.2:80", { local: true });
const there = makeEndpoint("10.244.2.2:80");

/** With affinity at a load balancer's address; with policy Local `here` is in the local set. */
const exposed = (policy: "Cluster" | "Local", ...clusterEndpoints: readonly Endpoint[]): DesiredService =>
  makeDesiredService("default/web", [
    {
      affinityTimeoutSeconds: 10_800,
      frontends: [makeFrontend("10.96.0.1:80", { kind: "loadBalancerIP", policyLocal: policy === "Local" })],
      clusterEndpoints,
      localEndpoints: policy === "Cluster" ? [] : [here],
    },
  ]);

describe("nftables mode with the real kernel", () => {
  let namespace: NftNamespace;
  const clock = new FakeClock();

  before(function () {
    namespace = createNftNamespace(this);
  });

  after(() => namespace.remove());

  const start = () =>
    createRunner(createNftablesDataplane, { commands: namespace.commands, log: silentLogger, clock });

  /** Both tables as text, without what depends on time or order and without what is about to go. */
  async function listing(dataplane: DataplaneRunner): Promise<string> {
    await clock.advance(retirementMs);
    await dataplane.close();
    return ["ip", "ip6"]
      .map((family) => namespace.nft("-s", "list", "table", family, "kubesteer"))
      .join("\n")
      .replace(/set rev \{[^}]*\}[^}]*\}/g, "")
      .split(/[\n,]/)
      .map((line) => line.trim().replace(/^elements = \{ | \}$/g, ""))
      .toSorted()
      .join("\n");
  }

  it("has what the mode needs", async () => {
    assert.deepEqual(await start().dataplane.missingRequirements(), []);
  });

  it("accepts every shape of Service and holds the same after partial syncs as after a fresh full one", async () => {
    const changes = fc.sample(
      fc.array(fc.constantFrom(1, 2, 3, 4, 5).chain(arbitraryDesiredService), { minLength: 3, maxLength: 3 }),
      {
        numRuns: 15,
        seed: 42,
      },
    );
    const dataplane = start();
    const services = new Map<ServiceName, DesiredService>();
    await dataplane.sync(makeDesiredState([]), { kind: "full" });
    for (const [index, changed] of changes.entries()) {
      for (const service of changed) services.set(service.name, service);
      const [first] = changed;
      assert.ok(first);
      if (index % 4 === 3) services.delete(first.name);
      const names = new Set(changed.map(({ name }) => name));
      const report = await dataplane.sync(makeDesiredState([...services.values()]), {
        kind: "partial",
        services: names,
      });
      assert.deepEqual(report.rejected, []);
    }
    const stepwise = await listing(dataplane);
    await dataplane.sync(makeDesiredState([...services.values()]), { kind: "full" });
    assert.equal(await listing(dataplane), stepwise, "refilled");
    await dataplane.cleanup();
    await dataplane.sync(makeDesiredState([...services.values()]), { kind: "full" });
    assert.equal(await listing(dataplane), stepwise, "created");
    await dataplane.close();
  }).timeout(60_000);

  const detectors: readonly LocalDetector[] = [
    { kind: "none" },
    { kind: "interface", name: "cni0" },
    { kind: "interfacePrefix", prefix: "veth" },
    {
      kind: "sourceCIDR",
      cidrs: [parseCidr("10.244.0.0/16"), parseCidr("10.244.1.0/24"), parseCidr("10.250.0.0/24")],
    },
  ];
  for (const localDetector of detectors) {
    it(`accepts the local detector ${localDetector.kind}, with and without masqueradeAll`, async () => {
      const dataplane = start();
      for (const masqueradeAll of [false, true]) {
        const node: DesiredNode = {
          ipv4: makeNodeFamily({
            localDetector,
            masqueradeAll,
            serviceCIDRs: [parseCidr("10.96.0.0/16"), parseCidr("10.96.1.0/24")],
          }),
          ipv6: makeNodeFamily({ masqueradeAll }),
        };
        const service = makeDesiredService("default/web", [
          { frontends: [makeFrontend("10.96.0.1:80", { clients: node.ipv4 })] },
        ]);
        const report = await dataplane.sync(makeDesiredState([service], node), { kind: "full" });
        assert.deepEqual(report.rejected, []);
      }
      await dataplane.close();
    });
  }

  it("reprograms everything after another process has flushed the ruleset", async () => {
    const dataplane = start();
    const before = makeDesiredState([
      web("10.244.1.2:80"),
      makeDesiredService("default/api", [{ frontends: [makeFrontend("10.96.0.2:80")] }]),
    ]);
    await dataplane.sync(before, { kind: "full" });
    const wanted = await listing(dataplane);
    namespace.nft("flush", "ruleset");
    await dataplane.sync(before, { kind: "partial", services: new Set([web().name]) });
    const after = makeDesiredState([
      ...before.services.values(),
      makeDesiredService("default/new", [{ frontends: [makeFrontend("10.96.0.3:80")] }]),
    ]);
    await dataplane.sync(after, { kind: "partial", services: new Set(after.services.keys()) });
    await dataplane.sync(before, { kind: "partial", services: new Set(after.services.keys()) });
    assert.equal(await listing(dataplane), wanted);
    await dataplane.close();
  });

  it("removes foreign objects in its table at the next full sync, and nothing elsewhere", async () => {
    const dataplane = start();
    const state = makeDesiredState([web("10.244.1.2:80")]);
    await dataplane.sync(state, { kind: "full" });
    const wanted = await listing(dataplane);
    namespace.nft("add table ip other; add chain ip other keep");
    namespace.nft(
      "add chain ip kubesteer foreign; add rule ip kubesteer services accept; add set ip kubesteer x { type mark; }",
    );
    namespace.nft(
      "add rule ip kubesteer foreign drop; add element ip kubesteer svc { 10.96.0.9 . tcp . 80 : goto foreign }",
    );
    await dataplane.sync(state, { kind: "full" });
    assert.equal(await listing(dataplane), wanted);
    assert.match(namespace.nft("list", "tables"), /table ip other/);
    await dataplane.close();
  });

  it("replaces a table of another layout", async () => {
    const state = makeDesiredState([web("10.244.1.2:80")]);
    const dataplane = start();
    await dataplane.sync(state, { kind: "full" });
    const wanted = await listing(dataplane);
    namespace.nft("flush ruleset; add table ip kubesteer; add map ip kubesteer svc { type mark : verdict; }");
    await dataplane.sync(state, { kind: "full" });
    assert.equal(await listing(dataplane), wanted);
  });

  async function createAndForget(state: ReturnType<typeof makeDesiredState>): Promise<void> {
    const dataplane = start();
    await dataplane.sync(state, { kind: "full" });
    await dataplane.close();
  }

  /** Lets a client of default/web have been sent to an endpoint. */
  function remember(client: string, endpoint: string, map = "aff-tcp"): void {
    const entry = `${client} . 10.96.0.1 . 80 timeout 3h : ${endpoint} . 80`;
    namespace.nft(`add element ip kubesteer ${map} { ${entry} }`);
  }

  /** Clients in an affinity map. */
  function remembered(map = "aff-tcp"): readonly string[] {
    const listing = namespace.nft("list", "map", "ip", "kubesteer", map);
    return [...listing.matchAll(/192\.0\.2\.\d/g)].map(([client]) => client).toSorted();
  }

  it("forgets the affinity of endpoints that are gone and keeps the rest, also over a restart", async () => {
    const dataplane = start();
    const all = sticky(10_800, "10.244.1.2:80", "10.244.1.3:80");
    await dataplane.sync(makeDesiredState([all]), { kind: "full" });
    remember("192.0.2.1", "10.244.1.2");
    remember("192.0.2.2", "10.244.1.3");
    await createAndForget(makeDesiredState([all]));
    assert.deepEqual(remembered(), ["192.0.2.1", "192.0.2.2"]);
    const services = new Set([all.name]);
    await dataplane.sync(makeDesiredState([sticky(10_800, "10.244.1.3:80")]), { kind: "partial", services });
    assert.deepEqual(remembered(), ["192.0.2.2"]);
    await dataplane.sync(makeDesiredState([]), { kind: "partial", services });
    assert.deepEqual(remembered(), []);
    await dataplane.close();
  });

  it("forgets at a full sync what an earlier process remembered of endpoints that are gone", async () => {
    await createAndForget(makeDesiredState([sticky(10_800, "10.244.1.2:80")]));
    remember("192.0.2.1", "10.244.1.2");
    await createAndForget(makeDesiredState([sticky(10_800, "10.244.1.3:80")]));
    assert.deepEqual(remembered(), []);
  });

  it("forgets in each scope what that scope may not use any more, and nothing in the other", async () => {
    const dataplane = start();
    const reached = exposed("Local", here);
    const services = new Set([reached.name]);
    await dataplane.sync(makeDesiredState([reached]), { kind: "full" });
    remember("192.0.2.1", "10.244.1.2");
    remember("192.0.2.2", "10.244.1.2", "aff-l-tcp");
    const leaving = makeDesiredState([exposed("Local", there)]);
    await dataplane.sync(leaving, { kind: "partial", services });
    assert.deepEqual([remembered(), remembered("aff-l-tcp")], [[], ["192.0.2.2"]]);
    await createAndForget(leaving);
    assert.deepEqual(remembered("aff-l-tcp"), ["192.0.2.2"]);
    await dataplane.close();
  });

  it("keeps what the scope that stays remembers when the policy changes", async () => {
    const dataplane = start();
    const before = exposed("Local", here, there);
    const services = new Set([before.name]);
    await dataplane.sync(makeDesiredState([before]), { kind: "full" });
    remember("192.0.2.1", "10.244.1.2");
    remember("192.0.2.1", "10.244.1.2", "aff-l-tcp");
    const after = makeDesiredState([exposed("Cluster", here, there)]);
    await dataplane.sync(after, { kind: "partial", services });
    assert.deepEqual([remembered(), remembered("aff-l-tcp")], [["192.0.2.1"], []]);
    await dataplane.close();
  });

  it("forgets at a full sync what an earlier process remembered in the local scope of Services that are gone", async () => {
    await createAndForget(makeDesiredState([exposed("Local", here)]));
    remember("192.0.2.1", "10.244.1.2", "aff-l-tcp");
    await createAndForget(makeDesiredState([web("10.244.1.2:80")]));
    assert.deepEqual(remembered("aff-l-tcp"), []);
  });

  it("cuts remembered times short when the affinity timeout shrinks", async () => {
    const dataplane = start();
    const long = sticky(10_800, "10.244.1.2:80");
    await dataplane.sync(makeDesiredState([long]), { kind: "full" });
    remember("192.0.2.1", "10.244.1.2");
    const services = new Set([long.name]);
    await dataplane.sync(makeDesiredState([sticky(60, "10.244.1.2:80")]), { kind: "partial", services });
    assert.match(
      namespace.nft("list", "map", "ip", "kubesteer", "aff-tcp"),
      /192\.0\.2\.1 .* expires (1m|[1-5]?\ds)/,
    );
    await dataplane.close();
  });

  it("cleans up its tables and nothing else, twice", async () => {
    namespace.nft("add table ip other");
    const dataplane = start();
    await dataplane.sync(makeDesiredState([web("10.244.1.2:80")]), { kind: "full" });
    await dataplane.cleanup();
    await dataplane.cleanup();
    assert.doesNotMatch(namespace.nft("list", "tables"), /kubesteer/);
    assert.match(namespace.nft("list", "tables"), /other/);
    await dataplane.close();
  });
});
