import assert from "node:assert/strict";
import { buildService, emptyRuleset } from "../../../../../agent/dataplane/nftables/build-service.ts";
import { diffRulesets } from "../../../../../agent/dataplane/nftables/diff.ts";
import type { Element, ServiceRuleset } from "../../../../../agent/dataplane/nftables/ruleset.ts";
import type { DesiredServicePort } from "../../../../../agent/services/desired-state.ts";
import { makeDesiredService, makeEndpoint, makeNodeFamily } from "../../../../support/make-desired-state.ts";

const withEndpoints = (
  hosts: readonly number[],
  overrides: Partial<DesiredServicePort> = {},
): ServiceRuleset =>
  buildService(
    makeDesiredService("ns/web", [
      { clusterEndpoints: hosts.map((host) => makeEndpoint(`10.244.1.${host}:80`)), ...overrides },
    ]),
    "ip",
    makeNodeFamily(),
  );

const roundRobin = (hosts: readonly number[]): ServiceRuleset =>
  withEndpoints(hosts, { algorithm: "RoundRobin" });

const texts = (elements: readonly Element[]): readonly string[] =>
  elements.map(({ container, key, data }) => `${container} ${key} : ${data}`);

describe("diffRulesets", () => {
  it("is empty between equal rulesets", () => {
    const diff = diffRulesets(withEndpoints([1, 2]), withEndpoints([1, 2]));
    assert.deepEqual(
      Object.values(diff).map((part) => [...part].length),
      [0, 0, 0, 0, 0, 0, 0],
    );
  });

  it("adds one slot and exchanges one verdict for one endpoint more", () => {
    const diff = diffRulesets(withEndpoints([1, 2]), withEndpoints([1, 2, 3]));
    assert.deepEqual(texts(diff.deletes), ["svc 10.96.0.1 . tcp . 80 : goto tcp-2"]);
    assert.deepEqual(texts(diff.adds), [
      "eps-tcp 10.96.0.1 . 80 . 2 : 10.244.1.3 . 80",
      "svc 10.96.0.1 . tcp . 80 : goto tcp-3",
    ]);
    assert.deepEqual([...diff.neededChains.keys()], ["tcp-3"]);
    assert.deepEqual([...diff.droppedChains.keys()], ["tcp-2"]);
  });

  it("touches only data when an endpoint takes the place of another", () => {
    const diff = diffRulesets(withEndpoints([1, 2]), withEndpoints([1, 3]));
    assert.deepEqual(texts(diff.deletes), ["eps-tcp 10.96.0.1 . 80 . 1 : 10.244.1.2 . 80"]);
    assert.deepEqual(texts(diff.adds), ["eps-tcp 10.96.0.1 . 80 . 1 : 10.244.1.3 . 80"]);
    assert.equal(diff.neededChains.size + diff.changedChains.size + diff.droppedChains.size, 0);
  });

  it("rewrites a round robin chain only when the number of endpoints changes", () => {
    assert.equal(diffRulesets(roundRobin([1, 2]), roundRobin([1, 3])).changedChains.size, 0);
    const grown = diffRulesets(roundRobin([1, 2]), roundRobin([1, 2, 3]));
    assert.equal(grown.changedChains.size, 1);
    assert.deepEqual(texts(grown.adds), ["eps-tcp 10.96.0.1 . 80 . 2 : 10.244.1.3 . 80"]);
  });

  it("adds everything of a new Service and removes everything of one that is gone", () => {
    const ruleset = withEndpoints([1, 2]);
    const gone = diffRulesets(ruleset, emptyRuleset);
    const added = diffRulesets(emptyRuleset, ruleset);
    assert.deepEqual(texts(gone.deletes), texts(added.adds));
    assert.equal(added.adds.length, 4);
    assert.deepEqual(gone.droppedChains, added.neededChains);
  });
});
