import assert from "node:assert/strict";
import { buildNodeFacts } from "../../../../agent/services/node-facts.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";

describe("buildNodeFacts", () => {
  const facts = buildNodeFacts(
    "worker-1",
    {
      zone: "zone-a",
      podCIDRs: ["10.244.1.0/24", "10.244.1", "FD00:10:244:1::/64"],
      addresses: ["worker-1.example.org", "192.168.0.1", "FD00:0:0:1::1", "203.0.113.1"],
    },
    [parseIpAddress("127.0.0.1")],
  );

  it("takes the first address of each family as primary", () => {
    assert.deepEqual(facts.addresses.primary, { IPv4: "192.168.0.1", IPv6: "fd00:0:0:1::1" });
  });

  it("leaves out what is no address or CIDR", () => {
    assert.deepEqual(facts.podCIDRs, ["10.244.1.0/24", "fd00:10:244:1::/64"]);
  });

  it("has no primary address in a family without one", () => {
    const { addresses } = buildNodeFacts("worker-1", { podCIDRs: [], addresses: ["fd00::1"] }, []);
    assert.deepEqual(addresses.primary, { IPv4: undefined, IPv6: "fd00::1" });
  });
});
