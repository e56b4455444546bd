import assert from "node:assert/strict";
import { planServices, probedIndexes, spareAddress } from "../../bench/cluster/workload.ts";

describe("the clusters that are measured", () => {
  it("a Service has an address of its own, and so has an endpoint that is not probed", () => {
    const size = { services: 2_000, endpoints: 7 };
    const services = planServices(size);
    const probed = new Set(probedIndexes(size.services));
    const endpoints = services.filter((_, index) => !probed.has(index)).flatMap((s) => s.endpointAddresses);
    assert.equal(new Set(services.map(({ clusterIP }) => clusterIP)).size, 2_000);
    assert.equal(new Set(endpoints).size, (2_000 - probed.size) * 7);
  });

  it("spare addresses differ from each other and from all endpoints", () => {
    const size = { services: 100, endpoints: 10 };
    const taken = new Set(planServices(size).flatMap(({ endpointAddresses }) => endpointAddresses));
    const spare = Array.from({ length: 1_000 }, (_, nth) => spareAddress(size, nth));
    assert.equal(new Set(spare).size, 1_000);
    assert.deepEqual(
      spare.filter((address) => taken.has(address)),
      [],
    );
  });

  const probes = [
    { services: 1, expected: [0] },
    { services: 3, expected: [0, 1, 2] },
  ] as const;
  for (const { services, expected } of probes) {
    it(`of ${services} Services all are probed`, () => assert.deepEqual(probedIndexes(services), expected));
  }

  it("of many Services the first and the last are probed", () => {
    const indexes = probedIndexes(10_000);
    assert.equal(indexes[0], 0);
    assert.equal(indexes.at(-1), 9_999);
  });
});
