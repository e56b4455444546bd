import assert from "node:assert/strict";
import { buildService } from "../../../../../agent/dataplane/nftables/build-service.ts";
import {
  makeDesiredService,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
} from "../../../../support/make-desired-state.ts";
import { both, build, external, frontend, policyLocal, slots } from "./build-web.ts";

const weighted = (host: number, weight: number) => makeEndpoint(`10.244.1.${host}:80`, { weight });

describe("slots and scheduler chains of a Service", () => {
  it("numbers the endpoints of each frontend from 0, the local ones from 65536", () => {
    const frontends = [
      makeFrontend("10.96.0.1:80"),
      makeFrontend("203.0.113.1:80", { ...external, ...policyLocal }),
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
      frontends: frontend({ ...external, ...policyLocal }),
    } as const;
    const ruleset = buildService(
      makeDesiredService("ns/web", [port, { ...port, protocol: "UDP" }]),
      "ip",
      makeNodeFamily(),
    );
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
});
