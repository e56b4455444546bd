import assert from "node:assert/strict";
import { buildService } from "../../../../../agent/dataplane/nftables/build-service.ts";
import type { ServiceRuleset } from "../../../../../agent/dataplane/nftables/ruleset.ts";
import type { DesiredServicePort } from "../../../../../agent/services/desired-state.ts";
import {
  makeDesiredService,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
} from "../../../../support/make-desired-state.ts";
import { both, build, external, frontend, here, policyLocal, there } from "./build-web.ts";

const sticky = { affinityTimeoutSeconds: 10, frontends: frontend({ ...external, ...policyLocal }) };

/** Rules that write a map, without what they write. */
const beginnings = (rules: readonly string[] = []): readonly string[] =>
  rules.map((rule) => rule.replace(/(update @\S+) .*/, "$1"));

/** The chain that records the affinity of one service port. */
const ownRecord = ({ chains }: ServiceRuleset): readonly string[] | undefined =>
  [...chains].find(([name]) => /^rec-[0-9a-f]{32}$/.test(name))?.[1];

describe("session affinity of a Service", () => {
  it("lets session affinity keep clients at an endpoint of weight 0", () => {
    const clusterEndpoints = [here, { ...there, weight: 0 }];
    const [memory] = build({ clusterEndpoints, affinityTimeoutSeconds: 10 }).memories;
    assert.ok(memory?.endpoints.has("10.244.2.2 . 8080"));
  });

  it("recalls each scope from its own map and records an endpoint in the maps of the scopes it belongs to", () => {
    const { chains } = build({ ...both, ...sticky });
    assert.match(chains.get("aff-tcp-2")?.[0] ?? "", / map @aff-tcp$/);
    assert.match(chains.get("aff-tcp-l1")?.[0] ?? "", / map @aff-l-tcp$/);
    assert.deepEqual(beginnings(chains.get("rec-tcp-cl10")), [
      "meta l4proto tcp update @aff-tcp",
      "meta l4proto tcp ip daddr . ip daddr @hairpin update @aff-l-tcp",
    ]);
  });

  it("does not record for policy Cluster an endpoint that only policy Local uses", () => {
    const clusterEndpoints = [there];
    const localEndpoints = [here];
    const record = ownRecord(build({ clusterEndpoints, localEndpoints, ...sticky }));
    assert.deepEqual(beginnings(record), [
      "meta l4proto tcp ip daddr . tcp dport != { 10.244.1.2 . 8080 } update @aff-tcp",
      "meta l4proto tcp ip daddr . ip daddr @hairpin update @aff-l-tcp",
    ]);
  });

  it("lets clients of each scope be remembered by the endpoints of that scope only", () => {
    const { memories } = build({ clusterEndpoints: [there], localEndpoints: [here], ...sticky });
    assert.deepEqual(
      memories.map(({ map, endpoints }) => [map, ...endpoints]),
      [
        ["aff-tcp", "10.244.2.2 . 8080"],
        ["aff-l-tcp", "10.244.1.2 . 8080"],
      ],
    );
  });

  it("shares an IPv6 map between all frontends with the scope, whatever their routes", () => {
    const clusterEndpoints = [makeEndpoint("[fd44::2]:8080", { local: true })];
    const localEndpoints = [...clusterEndpoints, makeEndpoint("[fd44::3]:8080", { local: true })];
    const buildIPv6 = (...frontends: DesiredServicePort["frontends"]): ServiceRuleset =>
      buildService(
        makeDesiredService("ns/web", [
          { affinityTimeoutSeconds: 10, clusterEndpoints, localEndpoints, frontends },
        ]),
        "ip6",
        makeNodeFamily(),
      );
    const ofCluster = makeFrontend("[fd96::1]:80");
    const ofBoth = makeFrontend("[fd97::1]:80", { ...external, ...policyLocal });
    const [clusterMap, localMap] = buildIPv6(ofBoth).maps.keys();
    assert.deepEqual([...buildIPv6(ofCluster, ofBoth).maps.keys()], [clusterMap, localMap]);
    assert.deepEqual([...buildIPv6(ofCluster).maps.keys()], [clusterMap]);
    assert.deepEqual(beginnings(ownRecord(buildIPv6(ofBoth))), [
      `tcp dport 8080 ip6 daddr != { fd44::3 } update @${clusterMap}`,
      `tcp dport 8080 ip6 daddr . ip6 daddr @hairpin update @${localMap}`,
    ]);
  });

  it("remembers IPv6 clients in one map for each endpoint port", () => {
    const ruleset = buildService(
      makeDesiredService("ns/web", [
        {
          affinityTimeoutSeconds: 10,
          clusterEndpoints: [makeEndpoint("[fd44::2]:8080"), makeEndpoint("[fd44::3]:9090")],
          frontends: [makeFrontend("[fd96::1]:80"), makeFrontend("[fd97::1]:80", external)],
        },
      ]),
      "ip6",
      makeNodeFamily(),
    );
    assert.equal(ruleset.maps.size, 2);
    assert.equal(ownRecord(ruleset)?.length, 2);
  });
});
