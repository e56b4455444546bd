import assert from "node:assert/strict";
import { parseIpAddress } from "../../../../platform/ip/address.ts";
import { socketKey, transportKey } from "../../../../platform/ip/socket-address.ts";

const socket = { address: parseIpAddress("fd00::1"), port: 53 };

describe("keys of socket addresses", () => {
  it("are equal for equal addresses and ports, whatever else is known about them", () => {
    const endpoint = { ...socket, local: true };
    assert.equal(socketKey(socket), socketKey(endpoint));
    assert.notEqual(socketKey(socket), socketKey({ ...socket, port: 54 }));
    assert.notEqual(socketKey(socket), socketKey({ ...socket, address: parseIpAddress("fd00::2") }));
  });

  it("differ by protocol where that counts", () => {
    assert.equal(transportKey("UDP", socket), transportKey("UDP", { ...socket }));
    assert.notEqual(transportKey("UDP", socket), transportKey("TCP", socket));
  });
});
