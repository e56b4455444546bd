import assert from "node:assert/strict";
import type { FrontendCount } from "../../../../agent/dataplane/dataplane.ts";
import { readFrontendCounts } from "../../../../agent/metrics/read-frontend-counts.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";
import { FakeDataplane } from "../../../support/fake-dataplane.ts";
import { makeServingModes } from "../../../support/fake-serving-modes.ts";
import { parsePort } from "../../../support/make-desired-state.ts";

const count: FrontendCount = {
  address: parseIpAddress("10.96.0.1"),
  protocol: "TCP",
  port: parsePort(80),
  connections: 1,
};

function counting(mode: "nftables" | "iptables"): FakeDataplane {
  return Object.assign(new FakeDataplane(mode), { readFrontendCounts: () => Promise.resolve([count]) });
}

describe("connections to frontends, in all running modes", () => {
  it("are those of the modes that count", async () => {
    const serving = makeServingModes(
      counting("nftables"),
      new FakeDataplane("userspace"),
      counting("iptables"),
    );
    assert.equal((await readFrontendCounts(serving)).length, 2);
  });

  it("are unknown where no mode counts", async () => {
    const serving = makeServingModes(new FakeDataplane("ipvs"), new FakeDataplane("userspace"));
    await assert.rejects(readFrontendCounts(serving), /^Error: mode ipvs and userspace does not count/);
    await assert.rejects(readFrontendCounts(makeServingModes()), /^Error: mode none does not count/);
  });
});
