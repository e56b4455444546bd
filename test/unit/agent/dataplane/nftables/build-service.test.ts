import assert from "node:assert/strict";
import { buildService } from "../../../../../agent/dataplane/nftables/build-service.ts";
import { NftQuoteError } from "../../../../../agent/dataplane/nftables/quote.ts";
import type { ServiceRuleset } from "../../../../../agent/dataplane/nftables/ruleset.ts";
import type { DesiredServicePort } from "../../../../../agent/services/desired-state.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import {
  makeDesiredService,
  makeEndpoint,
  makeFrontend,
  type FrontendOverrides,
} from "../../../../support/make-desired-state.ts";

const here = makeEndpoint("10.244.1.2:8080", { local: true });
const there = makeEndpoint("10.244.2.2:8080");

const build = (port: Partial<DesiredServicePort>): ServiceRuleset =>
  buildService(makeDesiredService("ns/web", [port]), "ip");

const weighted = (host: number, weight: number) => makeEndpoint(`10.244.1.${host}:80`, { weight });

/** Elements as `container key : data`, without the slots. */
const verdicts = (ruleset: ServiceRuleset): readonly string[] =>
  ruleset.elements
    .filter(({ container }) => !container.startsWith("eps-") && container !== "hairpin")
    .map(({ container, key, data }) => `${container} ${data === undefined ? key : `${key} : ${data}`}`);

const slots = (ruleset: ServiceRuleset): readonly string[] =>
  ruleset.elements
    .filter(({ container }) => container.startsWith("eps-"))
    .map(({ container, key, data }) => `${container} ${key} : ${data}`);

/** Rules that write a map, without what they write. */
const beginnings = (rules: readonly string[] = []): readonly string[] =>
  rules.map((rule) => rule.replace(/(update @\S+) .*/, "$1"));

/** The chain that records the affinity of one service port. */
const ownRecord = ({ chains }: ServiceRuleset): readonly string[] | undefined =>
  [...chains].find(([name]) => /^rec-[0-9a-f]{32}$/.test(name))?.[1];

const frontend = (overrides: FrontendOverrides) => [makeFrontend("203.0.113.1:80", overrides)];

interface Row {
  readonly rule: string;
  readonly port: Partial<DesiredServicePort>;
  readonly expect: readonly string[];
}

const clusterIP = { kind: "clusterIP" } as const;
const external = { kind: "loadBalancerIP" } as const;
const local = { route: { kind: "local" } } as const;
const externalLocal = { route: { kind: "externalLocal" } } as const;
const both = { clusterEndpoints: [here, there] };
const remote = { clusterEndpoints: [there], localEndpoints: [] };
const sticky = { affinityTimeoutSeconds: 10, frontends: frontend({ ...external, ...externalLocal }) };
const nowhere = { clusterEndpoints: [], localEndpoints: [], hasUsableEndpoints: false };

const rows: readonly Row[] = [
  {
    rule: "ClusterIP, policy Cluster: to the chain of two endpoints; masquerading is the base ruleset's",
    port: { ...both, frontends: frontend(clusterIP) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : goto tcp-2"],
  },
  {
    rule: "ClusterIP, policy Local: to the chain of the one local endpoint",
    port: { ...both, frontends: frontend({ ...clusterIP, ...local }) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : goto tcp-l1"],
  },
  {
    rule: "ClusterIP, policy Local, endpoints only elsewhere: dropped",
    port: { ...remote, frontends: frontend({ ...clusterIP, ...local }) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : drop"],
  },
  {
    rule: "ClusterIP without any usable endpoint: rejected",
    port: { ...nowhere, frontends: frontend(clusterIP) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : goto no-endpoints"],
  },
  {
    rule: "ClusterIP, usable endpoints that this node's policy leaves out: dropped",
    port: { ...nowhere, hasUsableEndpoints: true, frontends: frontend(clusterIP) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : drop"],
  },
  {
    rule: "external, policy Cluster: always masqueraded",
    port: { ...both, frontends: frontend(external) },
    expect: ["svc 203.0.113.1 . tcp . 80 : goto tcp-2", "post-fe 203.0.113.1 . tcp . 80 : goto masq"],
  },
  {
    rule: "external, policy Local: node and pods to the cluster set, others to the local set, only the node masqueraded",
    port: { ...both, frontends: frontend({ ...external, ...externalLocal }) },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : goto tcp-2",
      "svc-lo 203.0.113.1 . tcp . 80 : goto tcp-l1",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
      "post-fe 203.0.113.1 . tcp . 80 : jump masq-host",
    ],
  },
  {
    rule: "external, policy Local, endpoints only elsewhere: others are dropped",
    port: { ...remote, frontends: frontend({ ...external, ...externalLocal }) },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : goto tcp-1",
      "svc-lo 203.0.113.1 . tcp . 80 : drop",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
      "post-fe 203.0.113.1 . tcp . 80 : jump masq-host",
    ],
  },
  {
    rule: "external, policy Local, local endpoints that the cluster set lacks: node and pods are dropped",
    port: {
      clusterEndpoints: [],
      localEndpoints: [here],
      hasUsableEndpoints: true,
      frontends: frontend({ ...external, ...externalLocal }),
    },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : drop",
      "svc-lo 203.0.113.1 . tcp . 80 : goto tcp-l1",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
      "post-fe 203.0.113.1 . tcp . 80 : jump masq-host",
    ],
  },
  {
    rule: "external, policy Local, no usable endpoint anywhere: everybody is rejected",
    port: { ...nowhere, frontends: frontend({ ...external, ...externalLocal }) },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : goto no-endpoints",
      "svc-lo 203.0.113.1 . tcp . 80 : goto no-endpoints",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
    ],
  },
  {
    rule: "allowed sources are checked before the route; a network inside another is left out",
    port: {
      ...both,
      frontends: frontend({
        ...external,
        allowedSources: [parseCidr("10.1.0.0/16"), parseCidr("10.0.0.0/8")],
      }),
    },
    expect: [
      "svc 203.0.113.1 . tcp . 80 : goto lbsrc",
      "svc-fw 203.0.113.1 . tcp . 80 : goto tcp-2",
      "lb-allow 203.0.113.1 . tcp . 80 . 10.0.0.0/8",
      "post-fe 203.0.113.1 . tcp . 80 : goto masq",
    ],
  },
  {
    rule: "no allowed source at all: nobody gets past the check",
    port: { ...both, frontends: frontend({ ...external, allowedSources: [] }) },
    expect: [
      "svc 203.0.113.1 . tcp . 80 : goto lbsrc",
      "svc-fw 203.0.113.1 . tcp . 80 : goto tcp-2",
      "post-fe 203.0.113.1 . tcp . 80 : goto masq",
    ],
  },
  {
    rule: "affinity of a ClusterIP is recalled before and recorded after the choice, also for endpoints on the host",
    port: { ...both, affinityTimeoutSeconds: 10, frontends: frontend(clusterIP) },
    expect: [
      "cluster-ips 203.0.113.1",
      "svc 203.0.113.1 . tcp . 80 : goto aff-tcp-2",
      "post-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-10",
      "input-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-10",
    ],
  },
  {
    rule: "affinity of a ClusterIP with policy Local is that of the local scope",
    port: { ...both, affinityTimeoutSeconds: 10, frontends: frontend({ ...clusterIP, ...local }) },
    expect: [
      "cluster-ips 203.0.113.1",
      "svc 203.0.113.1 . tcp . 80 : goto aff-tcp-l1",
      "post-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-l10",
      "input-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-l10",
    ],
  },
  {
    rule: "affinity of an external address with policy Cluster is recorded and masqueraded",
    port: { ...both, affinityTimeoutSeconds: 10, frontends: frontend(external) },
    expect: [
      "svc 203.0.113.1 . tcp . 80 : goto aff-tcp-2",
      "post-fe 203.0.113.1 . tcp . 80 : goto rec-tcp-10-masq",
      "input-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-10",
    ],
  },
  {
    rule: "affinity of an external address with policy Local keeps to the scope of the client",
    port: { ...both, affinityTimeoutSeconds: 10, frontends: frontend({ ...external, ...externalLocal }) },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : goto aff-tcp-2",
      "svc-lo 203.0.113.1 . tcp . 80 : goto aff-tcp-l1",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
      "post-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-cl10-host",
      "input-fe 203.0.113.1 . tcp . 80 : jump rec-tcp-cl10",
    ],
  },
  {
    rule: "SCTP and UDP have chains and maps of their own",
    port: { ...both, protocol: "SCTP", frontends: frontend(external) },
    expect: ["svc 203.0.113.1 . sctp . 80 : goto sctp-2", "post-fe 203.0.113.1 . sctp . 80 : goto masq"],
  },
];

describe("buildService", () => {
  for (const { rule, port, expect } of rows) it(rule, () => assert.deepEqual(verdicts(build(port)), expect));

  it("numbers the endpoints of each frontend from 0, the local ones from 65536", () => {
    const frontends = [
      makeFrontend("10.96.0.1:80"),
      makeFrontend("203.0.113.1:80", { ...external, ...externalLocal }),
    ];
    assert.deepEqual(slots(build({ ...both, frontends })), [
      "eps-tcp 10.96.0.1 . 80 . 0 : 10.244.1.2 . 8080",
      "eps-tcp 10.96.0.1 . 80 . 1 : 10.244.2.2 . 8080",
      "eps-tcp 203.0.113.1 . 80 . 0 : 10.244.1.2 . 8080",
      "eps-tcp 203.0.113.1 . 80 . 1 : 10.244.2.2 . 8080",
      "eps-tcp 203.0.113.1 . 80 . 65536 : 10.244.1.2 . 8080",
    ]);
  });

  it("gives an endpoint as many slots as it has weight, none for 0, and spreads them for RoundRobin", () => {
    const clusterEndpoints = [weighted(1, 3), weighted(2, 1), weighted(3, 0)];
    const hostsOf = (algorithm: "Random" | "RoundRobin"): string =>
      slots(build({ clusterEndpoints, algorithm }))
        .map((slot) => slot.split(" : 10.244.1.")[1]?.[0])
        .join("");
    assert.equal(hostsOf("Random"), "1112");
    assert.equal(hostsOf("RoundRobin"), "1121");
    assert.ok(build({ clusterEndpoints }).chains.has("tcp-4"));
  });

  it("lets session affinity keep clients at an endpoint of weight 0", () => {
    const clusterEndpoints = [here, { ...there, weight: 0 }];
    const [memory] = build({ clusterEndpoints, affinityTimeoutSeconds: 10 }).memories;
    assert.ok(memory?.endpoints.has("10.244.2.2 . 8080"));
  });

  it("marks only endpoints of this node for hairpin traffic", () => {
    const hairpin = build(both).elements.filter(({ container }) => container === "hairpin");
    assert.deepEqual([...new Set(hairpin.map(({ key }) => key))], ["10.244.1.2 . 10.244.1.2"]);
  });

  it("gives hash algorithms a table of 251 slots that starts at 131072", () => {
    const ruleset = build({ ...both, algorithm: "Maglev" });
    assert.equal(slots(ruleset).length, 251);
    assert.match(slots(ruleset)[0] ?? "", /^eps-tcp 10\.96\.0\.1 \. 80 \. 131072 : /);
    assert.match(
      ruleset.chains.get("tcp-m251")?.[0] ?? "",
      /jhash ip saddr \. tcp sport mod 251 seed \d+ offset 131072/,
    );
    const bySource = build({ ...both, algorithm: "SourceHash" });
    assert.match(bySource.chains.get("tcp-h251")?.[0] ?? "", /jhash ip saddr mod 251 seed \d+ offset 131072/);
  });

  it("gives each service port with RoundRobin a counter of its own in each scope", () => {
    const port = {
      ...both,
      algorithm: "RoundRobin",
      frontends: frontend({ ...external, ...externalLocal }),
    } as const;
    const ruleset = buildService(makeDesiredService("ns/web", [port, { ...port, protocol: "UDP" }]), "ip");
    const counters = [...ruleset.chains].filter(([, rules]) => rules[0]?.includes("numgen inc"));
    assert.equal(counters.length, 4);
    assert.ok(counters.every(([name]) => /^rr-[0-9a-f]{32}$/.test(name)));
  });

  it("retries the first slot and then drops, so that a packet between two commits is never untranslated", () => {
    for (const algorithm of ["Random", "RoundRobin", "SourceHash", "Maglev"] as const) {
      const [rules = []] = build({ ...both, algorithm }).chains.values();
      assert.match(rules[1] ?? "", /numgen random mod 1 offset/);
      assert.equal(rules[2], "drop");
    }
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
      );
    const ofCluster = makeFrontend("[fd96::1]:80");
    const ofBoth = makeFrontend("[fd97::1]:80", { ...external, ...externalLocal });
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
    );
    assert.equal(ruleset.maps.size, 2);
    assert.equal(ownRecord(ruleset)?.length, 2);
  });

  it("leaves the other family alone", () => {
    const service = makeDesiredService("ns/web", [
      { frontends: [makeFrontend("[fd96::1]:80")], clusterEndpoints: [] },
    ]);
    assert.deepEqual(buildService(service, "ip").elements, []);
    assert.notDeepEqual(buildService(service, "ip6").elements, []);
  });

  it("throws on a value that nft could misread", () => {
    const hostile = { ...here, address: "10.0.0.1 . 80 }; flush ruleset" as typeof here.address };
    assert.throws(() => build({ clusterEndpoints: [hostile] }), NftQuoteError);
  });
});
