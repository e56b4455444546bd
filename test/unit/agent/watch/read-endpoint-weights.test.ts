import assert from "node:assert/strict";
import { trimEndpointSlice } from "../../../../agent/watch/trim-endpoint-slice.ts";
import { makeEndpointSlice } from "../../../support/make-objects.ts";

const annotation = "kubesteer.dev/endpoint-weights";

interface Row {
  readonly rule: string;
  /** Value of the annotation; undefined is none. */
  readonly value: unknown;
  /** Of 10.0.0.1 and 10.0.0.2. */
  readonly weights: readonly [number, number];
  /** Fields that are complained about. */
  readonly problems?: readonly string[];
}

const whole = `annotation ${annotation}`;
const rows: readonly Row[] = [
  { rule: "without the annotation all weigh 1", value: undefined, weights: [1, 1] },
  { rule: "each address has its weight", value: '{"10.0.0.1": 3, "10.0.0.2": 100}', weights: [3, 100] },
  { rule: "an endpoint that is not named weighs 1", value: '{"10.0.0.1": 3}', weights: [3, 1] },
  { rule: "0 is a weight", value: '{"10.0.0.1": 0}', weights: [0, 1] },
  { rule: "an address that no endpoint has is no mistake", value: '{"10.0.0.9": 3}', weights: [1, 1] },
  { rule: "an empty object says nothing", value: "{}", weights: [1, 1] },
  { rule: "no JSON", value: "10.0.0.1=3", weights: [1, 1], problems: [whole] },
  { rule: "no object", value: "[3, 1]", weights: [1, 1], problems: [whole] },
  { rule: "null", value: "null", weights: [1, 1], problems: [whole] },
  { rule: "no text", value: { "10.0.0.1": 3 }, weights: [1, 1], problems: [whole] },
  ...[101, -1, 1.5, 1e300].map((weight) => ({
    rule: `${weight} is no weight, the other entries count`,
    value: `{"10.0.0.1": ${weight}, "10.0.0.2": 2}`,
    weights: [1, 2] as const,
    problems: [`${whole}[10.0.0.1]`],
  })),
  {
    rule: "a number in quotes is no weight",
    value: '{"10.0.0.1": "3"}',
    weights: [1, 1],
    problems: [`${whole}[10.0.0.1]`],
  },
  {
    rule: "a name is no address",
    value: '{"web-0": 3, "10.0.0.2": 2}',
    weights: [1, 2],
    problems: [`${whole}[web-0]`],
  },
  {
    rule: "names of object members mean nothing",
    value: '{"__proto__": 3, "constructor": 4}',
    weights: [1, 1],
    problems: [`${whole}[__proto__]`, `${whole}[constructor]`],
  },
];

describe("endpoint weights", () => {
  for (const { rule, value, weights, problems = [] } of rows) {
    it(rule, () => {
      const slice = trimEndpointSlice(
        makeEndpointSlice({
          annotations: value === undefined ? {} : { [annotation]: value },
          endpoints: ["10.0.0.1", "10.0.0.2"],
        }),
      );
      assert.deepEqual(
        slice?.endpoints.map(({ weight }) => weight),
        weights,
      );
      assert.deepEqual(
        slice.problems.map(({ field }) => field),
        problems.map((field) => `endpointSlice web-1 ${field}`),
      );
    });
  }

  it("are found however an IPv6 address is written", () => {
    const slice = trimEndpointSlice(
      makeEndpointSlice({
        addressType: "IPv6",
        annotations: { [annotation]: '{"fd00:0:0::1": 7}' },
        endpoints: ["fd00::0001"],
      }),
    );
    assert.equal(slice?.endpoints[0]?.weight, 7);
  });

  it("complain a bounded number of times", () => {
    const entries = Array.from({ length: 500 }, (_, index) => [`pod-${index}`, 1]);
    const value = JSON.stringify(Object.fromEntries(entries));
    const slice = trimEndpointSlice(makeEndpointSlice({ annotations: { [annotation]: value } }));
    assert.equal(slice?.problems.length, 20);
  });
});
