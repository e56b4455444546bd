import assert from "node:assert/strict";
import {
  ageEndpoints,
  type EndpointAges,
  nextStepMs,
  shareOf,
} from "../../../../agent/scheduling/slow-start.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";

const slowStartMs = 9_000;
const at = (nowMs: number) => ({ slowStartMs, nowMs });
const addresses = (...texts: readonly string[]) => new Set(texts.map((text) => parseIpAddress(text)));
const [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;

/** A time, and the endpoints that are usable then. */
type Look = readonly [nowMs: number, ...endpoints: readonly string[]];

/** What the ages are after the Service had these endpoints at these times. */
function looks(...seen: readonly Look[]): EndpointAges {
  let ages: EndpointAges | undefined;
  for (const [nowMs, ...endpoints] of seen) ages = ageEndpoints(ages, addresses(...endpoints), at(nowMs));
  assert.ok(ages !== undefined);
  return ages;
}

const newOf = ({ newSinceMs }: EndpointAges): object => Object.fromEntries(newSinceMs);

describe("ageEndpoints", () => {
  const rows: readonly {
    rule: string;
    seen: readonly Look[];
    expect: Readonly<Record<string, number>>;
  }[] = [
    { rule: "at the first look all endpoints are old", seen: [[500, a, b]], expect: {} },
    { rule: "the first endpoints of a Service are old", seen: [[0], [500, a, b]], expect: {} },
    { rule: "those after a time without any are old", seen: [[0, a], [100], [200, b]], expect: {} },
    {
      rule: "an endpoint that joins others is new",
      seen: [
        [0, a],
        [1_000, a, b],
      ],
      expect: { [b]: 1_000 },
    },
    {
      rule: "endpoints that come within one step count as one arrival",
      seen: [
        [0, a],
        [1_001, a, b],
        [1_999, a, b, c],
      ],
      expect: { [b]: 2_000, [c]: 2_000 },
    },
    {
      rule: "one that takes over from another is new while a third stays",
      seen: [
        [0, a, b],
        [1_000, a, c],
      ],
      expect: { [c]: 1_000 },
    },
    {
      rule: "a later look does not make it younger",
      seen: [
        [0, a],
        [1_000, a, b],
        [5_000, a, b],
      ],
      expect: { [b]: 1_000 },
    },
    {
      rule: "with its whole weight it is old",
      seen: [
        [0, a],
        [1_000, a, b],
        [10_000, a, b],
      ],
      expect: {},
    },
    {
      rule: "one that was not usable in between starts again",
      seen: [
        [0, a],
        [1_000, a, b],
        [2_000, a],
        [3_000, a, b],
      ],
      expect: { [b]: 3_000 },
    },
    {
      rule: "one that has left is forgotten",
      seen: [
        [0, a],
        [1_000, a, b],
        [2_000, a],
      ],
      expect: {},
    },
  ];
  for (const { rule, seen, expect } of rows) it(rule, () => assert.deepEqual(newOf(looks(...seen)), expect));
});

describe("shareOf", () => {
  it("grows by a tenth with each ninth of the time, up to the whole weight", () => {
    const shares = [0, 999, 1_000, 4_500, 7_999, 8_000, 8_999, 9_000, 90_000].map((nowMs) =>
      shareOf(0, at(nowMs)),
    );
    assert.deepEqual(shares, [1, 1, 2, 5, 8, 9, 9, 10, 10]);
  });

  it("is a tenth before the first step of the Service", () => assert.equal(shareOf(1_000, at(300)), 1));

  it("takes whole milliseconds where the time does not divide by nine", () => {
    const time = { slowStartMs: 1_000, nowMs: 9 * 112 };
    assert.deepEqual([shareOf(0, time), shareOf(0, { ...time, nowMs: 9 * 112 - 1 })], [10, 9]);
  });
});

describe("nextStepMs", () => {
  it("is never when no endpoint is new", () => assert.equal(nextStepMs(looks([0, a]), at(0)), undefined));

  it("is the next multiple of a step", () => {
    const ages = looks([0, a], [1_500, a, b]);
    assert.deepEqual(
      [1_500, 2_000, 2_999.5].map((nowMs) => nextStepMs(ages, at(nowMs))),
      [2_000, 3_000, 3_000],
    );
  });

  it("leads to the whole weight in ten steps and not one more", () => {
    let ages = looks([0, a], [1_500, a, b]);
    const shares = [];
    for (let due: number | undefined = 1_500; due !== undefined; due = nextStepMs(ages, at(due))) {
      ages = ageEndpoints(ages, addresses(a, b), at(due));
      const since = ages.newSinceMs.get(parseIpAddress(b));
      shares.push(since === undefined ? 10 : shareOf(since, at(due)));
    }
    assert.deepEqual(shares, [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
