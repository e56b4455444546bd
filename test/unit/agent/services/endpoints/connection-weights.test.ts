import assert from "node:assert/strict";
import { a, b, c, driveWeights, weights, type WeightsDriver } from "./drive-weights.ts";

describe("weights of endpoints and their connections", () => {
  let catalog: WeightsDriver["catalog"];
  let setService: WeightsDriver["setService"];
  let setEndpoints: WeightsDriver["setEndpoints"];
  let setConfig: WeightsDriver["setConfig"];
  let countedWeights: WeightsDriver["countedWeights"];

  beforeEach(() => {
    ({ catalog, setService, setEndpoints, setConfig, countedWeights } = driveWeights());
  });

  describe("with LeastConnection", () => {
    beforeEach(() => {
      setConfig({ algorithm: "LeastConnection" });
      setService();
      setEndpoints([a, b, c]);
      catalog.takeChanges();
    });

    it("are equal while nothing is counted", () => {
      assert.equal(catalog.leastConnectionServices.size > 0, true);
      assert.deepEqual(countedWeights({}), { 1: 1, 2: 1, 3: 1 });
    });

    it("are larger for endpoints with fewer connections", () => {
      assert.deepEqual(countedWeights({ [a]: 150, [b]: 75, [c]: 75 }), { 1: 3, 2: 8, 3: 8 });
      assert.deepEqual(countedWeights({ [a]: 500 }), { 1: 0, 2: 1, 3: 1 });
    });

    it("stay as they are while the counts change little", () => {
      const before = countedWeights({ [a]: 160, [b]: 80, [c]: 80 });
      assert.deepEqual(countedWeights({ [a]: 168, [b]: 74, [c]: 86 }), before);
      assert.equal(catalog.hasChanges(), false);
    });

    it("give a newcomer more than those that hold connections", () => {
      countedWeights({ [a]: 100, [b]: 100, [c]: 100 });
      setEndpoints([a, b, c, "10.0.0.4"]);
      const { 1: old = NaN, 4: newcomer = NaN } = weights(catalog.takeChanges());
      assert.ok(newcomer > old, `${newcomer} and ${old}`);
    });

    it("heed the endpoints' own weights", () => {
      setEndpoints([a, b], { [a]: 3 });
      catalog.takeChanges();
      assert.deepEqual(countedWeights({ [a]: 300, [b]: 100 }), { 1: 16, 2: 5 });
    });

    it("are equal again, and the reason is reported, when connections cannot be counted", () => {
      countedWeights({ [a]: 500 });
      catalog.setConnections({ kind: "unavailable", reason: "conntrack is not installed" });
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1, 2: 1, 3: 1 });
      const [problem] = catalog.problems();
      assert.equal(problem?.field, "scheduling.algorithm");
      assert.match(problem.reason, /served as Random: conntrack is not installed/);
      assert.deepEqual(countedWeights({ [a]: 500 }), { 1: 0, 2: 1, 3: 1 });
      assert.deepEqual(catalog.problems(), []);
    });

    it("are left to the mode when connections are not counted", () => {
      countedWeights({ [a]: 500 });
      catalog.setConnections({ kind: "unneeded" });
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1, 2: 1, 3: 1 });
      assert.deepEqual(catalog.problems(), []);
    });

    it("are a matter of the mode for a Service whose mode compares connections itself, and no problem of it", () => {
      countedWeights({ [a]: 500 });
      catalog.setConnections({ kind: "counted", counts: new Map(), concerns: () => false });
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1, 2: 1, 3: 1 });
      catalog.setConnections({
        kind: "unavailable",
        reason: "conntrack is not installed",
        concerns: () => false,
      });
      catalog.takeChanges();
      assert.deepEqual(catalog.problems(), []);
    });

    it("do not outlive the algorithm", () => {
      countedWeights({ [a]: 500 });
      setConfig({});
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1, 2: 1, 3: 1 });
      assert.equal(catalog.leastConnectionServices.size > 0, false);
    });

    it("do not outlive the Service", () => {
      countedWeights({ [a]: 500 });
      catalog.deleteService("default/web");
      catalog.takeChanges();
      assert.equal(catalog.leastConnectionServices.size > 0, false);
      setService();
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1, 2: 1, 3: 1 });
    });
  });

  it("of other algorithms do not depend on connections", () => {
    setService();
    setEndpoints([a, b]);
    catalog.takeChanges();
    assert.equal(catalog.leastConnectionServices.size > 0, false);
    assert.deepEqual(countedWeights({ [a]: 500 }), { 1: 1, 2: 1 });
  });
});
