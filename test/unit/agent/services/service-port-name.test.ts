import assert from "node:assert/strict";
import {
  namespaceOf,
  parsePort,
  parsePortName,
  parseProtocol,
  parseServiceName,
  readServiceName,
  servicePortName,
} from "../../../../agent/services/service-port-name.ts";

const longest = "a".repeat(63);

describe("names of Services and ports", () => {
  for (const value of [1, 80, 65_535]) {
    it(`port ${value} is a port`, () => assert.equal(parsePort(value), value));
  }
  for (const value of [0, -1, 65_536, 1.5, NaN, Infinity, "80", null, undefined, {}]) {
    it(`port ${JSON.stringify(value)} is refused`, () => assert.throws(() => parsePort(value), RangeError));
  }

  for (const value of ["TCP", "UDP", "SCTP"]) {
    it(`protocol ${value} is known`, () => assert.equal(parseProtocol(value), value));
  }
  it("a protocol that is not said is TCP", () => assert.equal(parseProtocol(undefined), "TCP"));
  for (const value of ["tcp", "ICMP", "", "constructor", 6, {}]) {
    it(`protocol ${JSON.stringify(value)} is refused`, () => {
      assert.throws(() => parseProtocol(value), RangeError);
    });
  }

  for (const value of ["", "http", "8080", longest]) {
    it(`port name ${JSON.stringify(value)} is valid`, () => assert.equal(parsePortName(value), value));
  }
  for (const value of ["HTTP", "a_b", "-a", "a-", `${longest}a`, "a\n", 'a"', undefined, null, 80]) {
    it(`port name ${JSON.stringify(value)} is refused`, () => {
      assert.throws(() => parsePortName(value), RangeError);
    });
  }

  const refusedNames: readonly (readonly [unknown, unknown])[] = [
    ["default", ""],
    ["", "web"],
    ["default", "web\n"],
    ["default", "a/b"],
    ["default", "a.b"],
    [undefined, "web"],
    ["default", {}],
  ];
  for (const [namespace, name] of refusedNames) {
    it(`Service name ${JSON.stringify([namespace, name])} is refused`, () => {
      assert.throws(() => parseServiceName(namespace, name), RangeError);
      assert.equal(readServiceName(namespace, name), undefined);
    });
  }

  it("a service port is named after Service, port and protocol", () => {
    const service = parseServiceName("default", "web");
    assert.equal(service, "default/web");
    assert.equal(namespaceOf(service), "default");
    assert.equal(servicePortName(service, "http", "UDP"), "default/web:http/UDP");
    assert.equal(servicePortName(service, "", "TCP"), "default/web:/TCP");
  });
});
