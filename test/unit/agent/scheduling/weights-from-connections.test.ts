import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  type EndpointLoad,
  maxConnectionWeight,
  weightsFromConnections,
} from "../../../../agent/scheduling/weights-from-connections.ts";

const load = ([weight, connections]: readonly [number, number]): EndpointLoad => ({ weight, connections });

describe("weightsFromConnections", () => {
  const rows: readonly {
    rule: string;
    /** Weight and connections of each endpoint. */
    loads: readonly (readonly [number, number])[];
    weights: readonly number[];
  }[] = [
    { rule: "no endpoint", loads: [], weights: [] },
    {
      rule: "equal numbers of connections get equal weights",
      loads: [
        [1, 7],
        [1, 7],
      ],
      weights: [16, 16],
    },
    {
      rule: "an endpoint above the common level gets nothing",
      loads: [
        [1, 100],
        [1, 0],
        [1, 0],
      ],
      weights: [0, 16, 16],
    },
    {
      rule: "one connection more makes no difference",
      loads: [
        [1, 1],
        [1, 0],
      ],
      weights: [15, 16],
    },
    {
      rule: "a tenth more of many connections shifts a few of the next ones",
      loads: [
        [1, 1_000],
        [1, 1_100],
      ],
      weights: [16, 15],
    },
    {
      rule: "an endpoint with three times the weight is to hold three times as many",
      loads: [
        [3, 300],
        [1, 100],
      ],
      weights: [16, 5],
    },
    {
      rule: "the same number on a heavier endpoint is less",
      loads: [
        [3, 100],
        [1, 100],
      ],
      weights: [16, 0],
    },
    {
      rule: "weight 0 gets nothing and does not count",
      loads: [
        [0, 0],
        [1, 50],
        [1, 50],
      ],
      weights: [0, 16, 16],
    },
    {
      rule: "only weights 0",
      loads: [
        [0, 5],
        [0, 0],
      ],
      weights: [0, 0],
    },
  ];
  for (const { rule, loads, weights } of rows) {
    it(rule, () => assert.deepEqual(weightsFromConnections(loads.map(load)), weights));
  }

  const someLoads = fc.array(
    fc.record({ weight: fc.nat({ max: 100 }), connections: fc.nat({ max: 100_000 }) }),
    { minLength: 1, maxLength: 50 },
  );

  it("is bounded, and some endpoint gets the most", () => {
    fc.assert(
      fc.property(someLoads, (loads) => {
        const weights = weightsFromConnections(loads);
        assert.ok(
          weights.every((weight) => Number.isInteger(weight) && weight >= 0 && weight <= maxConnectionWeight),
        );
        const usable = loads.some(({ weight }) => weight > 0);
        assert.equal(Math.max(...weights), usable ? maxConnectionWeight : 0);
      }),
    );
  });

  it("never prefers the fuller of two endpoints of the same weight", () => {
    fc.assert(
      fc.property(someLoads, (loads) => {
        const weights = weightsFromConnections(loads);
        for (const [one, left] of loads.entries()) {
          for (const [other, right] of loads.entries()) {
            if (left.weight !== right.weight || left.connections >= right.connections) continue;
            assert.ok((weights[one] ?? NaN) >= (weights[other] ?? NaN));
          }
        }
      }),
    );
  });

  it("evens out what is uneven, and does not swing", () => {
    const connections = [400, 0, 100, 0];
    const spreads = Array.from({ length: 12 }, () => {
      const weights = weightsFromConnections(connections.map((count) => load([1, count])));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      // A quarter ends, and as many as were open at first divided by four come.
      weights.forEach((weight, index) => {
        connections[index] = (connections[index] ?? 0) * 0.75 + (125 * weight) / total;
      });
      return Math.max(...connections) - Math.min(...connections);
    });
    assert.ok(
      spreads.every((spread, index) => index === 0 || spread <= (spreads[index - 1] ?? 0) + 1),
      spreads.join(" "),
    );
    assert.ok((spreads.at(-1) ?? Infinity) < 15, spreads.join(" "));
  });
});
