import assert from "node:assert/strict";
import { proxyMode } from "../../../crds/schema/service-traffic.ts";
import { scenarioGroups } from "../../scenarios/all-scenarios.ts";
import { disturbances } from "../../scenarios/disturbances.ts";
import { gapsOf } from "../../scenarios/known-gaps.ts";

const scenarios = Object.values(scenarioGroups).flat();

describe("known gaps", () => {
  for (const mode of proxyMode.options) {
    it(`of mode ${mode} name scenarios and have a reason`, () => {
      for (const [name, reason] of gapsOf(mode)) assert.match(reason, /\S/, name);
    });
  }

  it("are those of the scenario or disturbance with the name", () => {
    const [scenario] = scenarios;
    const [disturbance] = disturbances;
    const gaps = { [scenario?.name ?? ""]: "no kernel does it", [disturbance?.name ?? ""]: "it is slow" };
    assert.deepEqual([...gapsOf("nftables", gaps)], Object.entries(gaps));
  });

  it("refuse a name that is no scenario", () => {
    assert.throws(() => gapsOf("nftables", { "an endpoint that nobody has": "why not" }), {
      name: "RangeError",
      message: "the known gaps of mode nftables name no scenario: an endpoint that nobody has",
    });
  });

  it("can be told apart by name", () => {
    const names = [...scenarios, ...disturbances].map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });
});
