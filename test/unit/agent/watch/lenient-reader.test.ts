import assert from "node:assert/strict";
import { parsePort, parseServiceName } from "../../../../agent/services/service-port-name.ts";
import { LenientReader } from "../../../../agent/watch/lenient-reader.ts";

describe("LenientReader", () => {
  const service = parseServiceName("default", "web");

  it("keeps what parses, in order and once, and names what does not", () => {
    const reader = new LenientReader(service, "endpointSlice web-1 ");
    assert.deepEqual(reader.readEach("ports", [81, "x", 80, 81, 0], parsePort), [81, 80]);
    assert.deepEqual(
      reader.problems.map(({ field, value }) => `${field} ${value}`),
      ['endpointSlice web-1 ports[1] "x"', "endpointSlice web-1 ports[4] 0"],
    );
  });

  it("says why, for the Service", () => {
    const reader = new LenientReader(service);
    assert.equal(reader.read("spec.port", -1, parsePort), undefined);
    assert.deepEqual(reader.problems, [
      { service, field: "spec.port", value: "-1", reason: "port must be an integer in 1–65535" },
    ]);
  });

  it("stops complaining about one object, not reading it", () => {
    const reader = new LenientReader(service);
    const values = [...Array<number>(1_000).fill(0), 80];
    assert.deepEqual(reader.readEach("ports", values, parsePort), [80]);
    assert.equal(reader.problems.length, 20);
  });
});
