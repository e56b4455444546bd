import assert from "node:assert/strict";
import { selectLocalAddresses } from "../../../../agent/node/local-addresses.ts";

describe("local addresses", () => {
  it("loopback and link-local addresses are left out, the others sorted without duplicates", () => {
    assert.deepEqual(
      selectLocalAddresses([
        { address: "127.0.0.1", internal: true },
        { address: "192.0.2.10", internal: false },
        { address: "192.0.2.9", internal: false },
        { address: "192.0.2.9", internal: false },
        { address: "fe80::1", internal: false, scopeid: 2 },
        { address: "fd00::1", internal: false, scopeid: 0 },
      ]),
      ["192.0.2.10", "192.0.2.9", "fd00::1"],
    );
  });
});
