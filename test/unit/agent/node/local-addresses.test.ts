import assert from "node:assert/strict";
import {
  type InterfaceAddress,
  LocalAddresses,
  selectLocalAddresses,
} from "../../../../agent/node/local-addresses.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

describe("local addresses", () => {
  it("loopback and link-local addresses are left out, the others sorted without duplicates", () => {
    assert.deepEqual(
      selectLocalAddresses([
        { address: "127.0.0.1" },
        { address: "127.1.2.3" },
        { address: "::1" },
        { address: "192.0.2.10" },
        { address: "192.0.2.9" },
        { address: "192.0.2.9" },
        { address: "fe80::1", scopeid: 2 },
        { address: "fd00::1", scopeid: 0 },
      ]),
      ["192.0.2.10", "192.0.2.9", "fd00::1"],
    );
  });

  it("an address that others reach counts on the loopback interface too", () => {
    const onLoopback = [{ address: "127.0.0.1" }, { address: "203.0.113.1" }, { address: "2001:db8::1" }];
    assert.deepEqual(
      selectLocalAddresses(onLoopback.map((address) => Object.assign(address, { internal: true }))),
      ["2001:db8::1", "203.0.113.1"],
    );
  });

  it("while they cannot be read the last known ones count, with one warning; then a change is reported", async () => {
    const clock = new FakeClock();
    const log = createRecordingLogger();
    const stop = new AbortController();
    let answer: Record<string, InterfaceAddress[]> | Error = {
      eth0: [{ address: "192.0.2.9" }],
    };
    const listInterfaces = () => {
      if (answer instanceof Error) throw answer;
      return answer;
    };
    let changes = 0;
    const addresses = new LocalAddresses({ listInterfaces, clock, log });
    assert.deepEqual(addresses.read(), ["192.0.2.9"]);
    const watching = addresses.watch(() => (changes += 1), stop.signal);

    answer = new Error("uv_interface_addresses returned EMFILE");
    await clock.advance(90_000);
    assert.deepEqual(addresses.read(), ["192.0.2.9"]);
    assert.equal(changes, 0);
    assert.equal(log.lines.filter(({ level }) => level === "warn").length, 1);

    answer = { eth0: [{ address: "192.0.2.10" }] };
    await clock.advance(30_000);
    assert.equal(changes, 1);
    assert.deepEqual(addresses.read(), ["192.0.2.10"]);
    stop.abort();
    await watching;
  });
});
