import assert from "node:assert/strict";
import { makeNodeProxyConfig } from "../../../../support/make-objects.ts";
import { a, b, c, driveWeights, weights, type WeightsDriver } from "./drive-weights.ts";

const here = { nodeName: "worker-1" };
const draining = { conditions: { ready: false, serving: true, terminating: true } };

describe("weights of endpoints", () => {
  let catalog: WeightsDriver["catalog"];
  let setService: WeightsDriver["setService"];
  let setEndpoints: WeightsDriver["setEndpoints"];
  let setConfig: WeightsDriver["setConfig"];

  beforeEach(() => {
    ({ catalog, setService, setEndpoints, setConfig } = driveWeights());
  });

  describe("by annotation", () => {
    it("are in lowest terms", () => {
      setService();
      setEndpoints([a, b, c], { [a]: 75, [b]: 25, [c]: 50 });
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 3, 2: 1, 3: 2 });
    });

    it("are 1 for all where no slice says anything", () => {
      setService();
      setEndpoints([a, b]);
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1, 2: 1 });
    });

    it("are those of the slice that the endpoint is in", () => {
      setService();
      setEndpoints([a], { [a]: 4, [b]: 9 }, "web-1");
      setEndpoints([b], { [b]: 2 }, "web-2");
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 2, 2: 1 });
    });

    it("are computed again among the endpoints of the node", () => {
      setService({
        type: "NodePort",
        externalTrafficPolicy: "Local",
        ports: [{ port: 80, nodePort: 30_080 }],
      });
      setEndpoints([{ addresses: [a], ...here }, { addresses: [b], ...here }, c], { [a]: 6, [b]: 3, [c]: 1 });
      const changes = catalog.takeChanges();
      assert.deepEqual(weights(changes), { 1: 6, 2: 3, 3: 1 });
      assert.deepEqual(weights(changes, { local: true }), { 1: 2, 2: 1 });
    });

    it("do not keep an endpoint idle that is the last one ready", () => {
      setService();
      setEndpoints([a, { addresses: [b], ...draining }], { [a]: 0, [b]: 5 });
      assert.deepEqual(weights(catalog.takeChanges()), { 1: 1 });
    });

    it("concern their Service alone when they change, and no Service when the shares stay", () => {
      setService();
      setEndpoints([a, b], { [a]: 2, [b]: 4 });
      catalog.takeChanges();
      setEndpoints([a, b], { [a]: 10, [b]: 20 });
      assert.deepEqual(catalog.takeChanges().scope, { kind: "partial", services: new Set() });
      setEndpoints([a, b], { [a]: 10, [b]: 21 });
      assert.deepEqual(catalog.takeChanges().scope, { kind: "partial", services: new Set(["default/web"]) });
    });
  });

  describe("with slow start", () => {
    beforeEach(() => {
      setConfig({ slowStartSeconds: 9 });
      setService();
      setEndpoints([a, b], { [a]: 2 });
    });

    it("are whole for all endpoints that the agent finds at its start", () => {
      const changes = catalog.takeChanges(123_456);
      assert.deepEqual(weights(changes), { 1: 2, 2: 1 });
      assert.equal(changes.nextChangeMs, undefined);
    });

    it("grow from a tenth, by themselves, until nothing is left to change", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c], { [a]: 2 });
      const seen = [];
      for (let dueMs: number | undefined = 1_000; dueMs !== undefined;) {
        const changes = catalog.takeChanges(dueMs);
        seen.push(weights(changes)[3]);
        dueMs = changes.nextChangeMs;
      }
      assert.deepEqual(seen, [1, 1, 3, 2, 1, 3, 7, 4, 9, 1]);
      assert.deepEqual(weights(catalog.takeChanges(20_000)), { 1: 2, 2: 1, 3: 1 });
    });

    it("do not change before the time, whatever else happens", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c], { [a]: 2 });
      const { nextChangeMs } = catalog.takeChanges(1_000);
      setService({ labels: { some: "label" } });
      const changes = catalog.takeChanges(1_999);
      assert.deepEqual(weights(changes), { 1: 20, 2: 10, 3: 1 });
      assert.equal(changes.nextChangeMs, nextChangeMs);
    });

    it("are whole where the newcomer is alone", () => {
      catalog.takeChanges(0);
      setEndpoints([c]);
      assert.deepEqual(weights(catalog.takeChanges(1_000)), { 3: 1 });
    });

    it("are whole at once when slow start is switched off", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c], { [a]: 2 });
      catalog.takeChanges(1_000);
      setConfig({ slowStartSeconds: 0 });
      const changes = catalog.takeChanges(2_000);
      assert.deepEqual(weights(changes), { 1: 2, 2: 1, 3: 1 });
      assert.equal(changes.nextChangeMs, undefined);
    });

    it("are whole for all that are there when slow start is switched on", () => {
      setConfig({});
      catalog.takeChanges(0);
      setConfig({ slowStartSeconds: 9 });
      assert.deepEqual(weights(catalog.takeChanges(1_000)), { 1: 2, 2: 1 });
    });

    it("of a Service that was deleted need no time", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c]);
      catalog.takeChanges(1_000);
      catalog.deleteService("default/web");
      assert.equal(catalog.takeChanges(2_000).nextChangeMs, undefined);
    });

    it("multiply: a newcomer of weight 0 gets nothing", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c], { [a]: 2, [c]: 0 });
      assert.deepEqual(weights(catalog.takeChanges(1_000)), { 1: 2, 2: 1, 3: 0 });
    });

    it("are whole for endpoints that came while what was known was out of date", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c], { [a]: 2 });
      catalog.forgetAges();
      assert.deepEqual(weights(catalog.takeChanges(1_000)), { 1: 2, 2: 1, 3: 1 });
    });

    it("grow from a tenth again for endpoints that come after that", () => {
      catalog.takeChanges(0);
      catalog.forgetAges();
      catalog.takeChanges(1_000);
      setEndpoints([a, b, c], { [a]: 2 });
      assert.deepEqual(weights(catalog.takeChanges(2_000)), { 1: 20, 2: 10, 3: 1 });
    });

    it("no step is left behind where it was not taken up in time", () => {
      catalog.takeChanges(0);
      setEndpoints([a, b, c]);
      catalog.takeChanges(1_000);
      assert.deepEqual(weights(catalog.takeChanges(60_000)), { 1: 1, 2: 1, 3: 1 });
    });
  });

  it("a rule may set slow start, and another one the algorithm", () => {
    catalog.setConfig(
      makeNodeProxyConfig({
        scheduling: { algorithm: "Maglev", slowStartSeconds: 0 },
        services: [
          { name: "slow", names: ["default/web"], scheduling: { slowStartSeconds: 9 } },
          {
            name: "turns",
            serviceSelector: {},
            scheduling: { algorithm: "RoundRobin", slowStartSeconds: 90 },
          },
        ],
      }),
    );
    setService();
    setEndpoints([a]);
    const changes = catalog.takeChanges(0);
    setEndpoints([a, b]);
    assert.equal(catalog.takeChanges(1_000).nextChangeMs, 2_000);
    const [port] = [...changes.desired.services.values()].flatMap(({ ports }) => ports);
    assert.equal(port?.algorithm, "RoundRobin");
  });
});
