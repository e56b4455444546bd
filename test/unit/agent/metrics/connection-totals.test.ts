import assert from "node:assert/strict";
import { ConnectionTotals } from "../../../../agent/metrics/connection-totals.ts";
import { makeDesiredService, makeFrontend } from "../../../support/make-desired-state.ts";

const web = makeDesiredService("shop/web", [{ frontends: [makeFrontend("10.96.0.1:80")] }]);
const api = makeDesiredService("shop/api", [
  { frontends: [makeFrontend("10.96.0.2:80"), makeFrontend("192.0.2.1:30080", { kind: "nodePort" })] },
]);
const dualStack = makeDesiredService("shop/dual", [
  { frontends: [makeFrontend("10.96.0.3:80")] },
  { frontends: [makeFrontend("[fd96::3]:80")] },
]);

function counts(entries: Readonly<Record<string, number>>) {
  return { counts: new Map(Object.entries(entries)) };
}

describe("connection totals", () => {
  let totals: ConnectionTotals;

  beforeEach(() => {
    totals = new ConnectionTotals();
  });

  function top(size = 10): readonly (readonly [string, number])[] {
    return totals.top(size).map(({ service, connections }) => [service, connections]);
  }

  it("adds up all frontends of a service port", () => {
    totals.update(counts({ "TCP 10.96.0.2 80": 3, "TCP 192.0.2.1 30080": 4 }), [api]);
    assert.deepEqual(top(), [["shop/api", 7]]);
  });

  it("shows the busiest first, and only so many", () => {
    totals.update(counts({ "TCP 10.96.0.1 80": 1, "TCP 10.96.0.2 80": 2 }), [web, api]);
    assert.deepEqual(top(), [
      ["shop/api", 2],
      ["shop/web", 1],
    ]);
    assert.deepEqual(top(1), [["shop/api", 2]]);
  });

  it("leaves out who has no connections", () => {
    totals.update(counts({ "TCP 10.96.0.1 80": 0 }), [web, api]);
    assert.deepEqual(top(), []);
  });

  it("goes on where the kernel's counter begins again", () => {
    for (const count of [5, 8, 2, 2, 6]) totals.update(counts({ "TCP 10.96.0.1 80": count }), [web]);
    assert.deepEqual(top(), [["shop/web", 14]]);
  });

  it("does not count a reading twice", () => {
    const reading = counts({ "TCP 10.96.0.1 80": 5 });
    totals.update(reading, [web]);
    totals.update(reading, [web]);
    assert.deepEqual(top(), [["shop/web", 5]]);
  });

  it("does not go back when a frontend goes", () => {
    totals.update(counts({ "TCP 10.96.0.1 80": 5 }), [web]);
    totals.update(counts({}), [web]);
    assert.deepEqual(top(), [["shop/web", 5]]);
  });

  it("forgets a Service that is gone", () => {
    totals.update(counts({ "TCP 10.96.0.1 80": 5 }), [web]);
    totals.update(counts({ "TCP 10.96.0.1 80": 5 }), [api]);
    assert.deepEqual(top(), []);
  });

  it("distinguishes ports", () => {
    totals.update(counts({ "TCP 10.96.0.3 80": 2, "TCP fd96::3 80": 3 }), [dualStack]);
    assert.deepEqual(
      totals.top(10).map(({ name, connections }) => [name, connections]),
      [
        ["shop/dual:p1/TCP", 3],
        ["shop/dual:p0/TCP", 2],
      ],
    );
  });
});
