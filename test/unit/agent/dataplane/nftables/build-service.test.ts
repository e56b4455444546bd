import assert from "node:assert/strict";
import { buildService } from "../../../../../agent/dataplane/nftables/build-service.ts";
import { NftQuoteError } from "../../../../../agent/dataplane/nftables/quote.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";
import {
  makeDesiredService,
  makeFrontend,
  makeNodeFamily,
  type ServicePortOverrides,
} from "../../../../support/make-desired-state.ts";
import {
  both,
  build,
  clusterIP,
  external,
  frontend,
  here,
  nowhere,
  policyLocal,
  remote,
  verdicts,
} from "./build-web.ts";

interface Row {
  readonly rule: string;
  readonly port: ServicePortOverrides;
  readonly expect: readonly string[];
}

const rows: readonly Row[] = [
  {
    rule: "ClusterIP, policy Cluster: to the chain of two endpoints; masquerading is the base ruleset's",
    port: { ...both, frontends: frontend(clusterIP) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : goto tcp-2"],
  },
  {
    rule: "ClusterIP, policy Local: to the chain of the one local endpoint",
    port: { ...both, frontends: frontend({ ...clusterIP, ...policyLocal }) },
    expect: ["cluster-ips 203.0.113.1", "svc 203.0.113.1 . tcp . 80 : goto tcp-l1"],
  },
  {
    rule: "ClusterIP, policy Local, endpoints only elsewhere: dropped",
    port: { ...remote, frontends: frontend({ ...clusterIP, ...policyLocal }) },
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
    port: { ...both, frontends: frontend({ ...external, ...policyLocal }) },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : goto tcp-2",
      "svc-lo 203.0.113.1 . tcp . 80 : goto tcp-l1",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
      "post-fe 203.0.113.1 . tcp . 80 : jump masq-host",
    ],
  },
  {
    rule: "external, policy Local, endpoints only elsewhere: others are dropped",
    port: { ...remote, frontends: frontend({ ...external, ...policyLocal }) },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : goto tcp-1",
      "svc-lo 203.0.113.1 . tcp . 80 : drop",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
      "post-fe 203.0.113.1 . tcp . 80 : jump masq-host",
    ],
  },
  {
    rule: "external, policy Local, endpoints in the local set only: node and pods are dropped, outside clients not masqueraded",
    port: {
      clusterEndpoints: [],
      localEndpoints: [here],
      hasUsableEndpoints: true,
      frontends: frontend({ ...external, ...policyLocal }),
    },
    expect: [
      "svc-cl 203.0.113.1 . tcp . 80 : drop",
      "svc-lo 203.0.113.1 . tcp . 80 : goto tcp-l1",
      "svc 203.0.113.1 . tcp . 80 : goto etplocal",
    ],
  },
  {
    rule: "external, policy Local, no usable endpoint anywhere: every client is rejected",
    port: { ...nowhere, frontends: frontend({ ...external, ...policyLocal }) },
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
    rule: "no allowed source at all: no client passes the check",
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
    port: { ...both, affinityTimeoutSeconds: 10, frontends: frontend({ ...clusterIP, ...policyLocal }) },
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
    port: { ...both, affinityTimeoutSeconds: 10, frontends: frontend({ ...external, ...policyLocal }) },
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

  it("leaves the other family alone", () => {
    const service = makeDesiredService("ns/web", [
      { frontends: [makeFrontend("[fd96::1]:80")], clusterEndpoints: [] },
    ]);
    assert.deepEqual(buildService(service, "ip", makeNodeFamily()).elements, []);
    assert.notDeepEqual(buildService(service, "ip6", makeNodeFamily()).elements, []);
  });

  it("throws on a value that nft could misread", () => {
    const hostile = { ...here, address: "10.0.0.1 . 80 }; flush ruleset" as typeof here.address };
    assert.throws(() => build({ clusterEndpoints: [hostile] }), NftQuoteError);
  });
});
