import assert from "node:assert/strict";
import type { Abilities } from "../../../../agent/dataplane/dataplane.ts";
import { findUnsupported } from "../../../../agent/dataplane/find-unsupported.ts";
import type { DesiredServicePort } from "../../../../agent/services/desired-state.ts";
import { parseCidr } from "../../../../platform/ip/cidr.ts";
import { FakeDataplane } from "../../../support/fake-dataplane.ts";
import { makeDesiredService, makeFrontend } from "../../../support/make-desired-state.ts";

interface Row {
  readonly rule: string;
  readonly abilities: Partial<Abilities>;
  readonly ports: readonly Partial<DesiredServicePort>[];
  readonly expect: readonly (readonly [feature: string, reason: RegExp])[];
}

const limited = makeFrontend("192.0.2.9:80", {
  kind: "loadBalancerIP",
  allowedSources: [parseCidr("198.51.100.0/24")],
});

const rows: readonly Row[] = [
  {
    rule: "a mode that can do everything lacks nothing",
    abilities: {},
    ports: [{ protocol: "SCTP", algorithm: "Maglev", affinityTimeoutSeconds: 60, frontends: [limited] }],
    expect: [],
  },
  {
    rule: "an algorithm that the mode does not have is named once, with what is done instead",
    abilities: { algorithms: new Set(["Random"]) },
    ports: [{ algorithm: "Maglev" }, { algorithm: "Maglev" }],
    expect: [["scheduling.algorithm Maglev", /^mode ipvs does not have Maglev; served as Random$/]],
  },
  {
    rule: "ports with a protocol that the mode does not have are not served, whatever else they ask for",
    abilities: { protocols: new Set(["TCP", "UDP"]), algorithms: new Set(["Random"]) },
    ports: [{ protocol: "SCTP", algorithm: "Maglev" }, {}],
    expect: [["spec.ports.protocol SCTP", /cannot serve SCTP; these ports are not served$/]],
  },
  {
    rule: "session affinity",
    abilities: { affinity: false },
    ports: [{ affinityTimeoutSeconds: 60 }],
    expect: [["sessionAffinity ClientIP", /has no session affinity; each connection/]],
  },
  {
    rule: "allowed sources that cannot be checked close their addresses",
    abilities: { sourceRanges: false },
    ports: [{ frontends: [limited] }],
    expect: [["spec.loadBalancerSourceRanges", /addresses they apply to are not served$/]],
  },
];

describe("what a Service asks for beyond the abilities of its mode", () => {
  for (const { rule, abilities, ports, expect } of rows) {
    it(rule, () => {
      const dataplane = new FakeDataplane("ipvs");
      dataplane.abilities = { ...dataplane.abilities, ...abilities };
      const found = findUnsupported(makeDesiredService("ns/a", ports), dataplane);
      assert.equal(found.length, expect.length);
      for (const [index, [feature, reason]] of expect.entries()) {
        assert.equal(found[index]?.service, "ns/a");
        assert.equal(found[index].feature, feature);
        assert.match(found[index].reason, reason);
      }
    });
  }
});
