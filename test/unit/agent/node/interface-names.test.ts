import assert from "node:assert/strict";
import { InterfaceNames, parseInterfaceNames } from "../../../../agent/node/interface-names.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const head = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

describe("interface names", () => {
  it("are the first column of what the kernel lists", () => {
    const text = `${head}    lo: 3624994570 3740774    0\nvethwepl1a2b3c4:       0       0    0\n`;
    assert.deepEqual(parseInterfaceNames(text), ["lo", "vethwepl1a2b3c4"]);
    assert.deepEqual(parseInterfaceNames(head), []);
  });

  it("are read every 30 seconds, and reported when they differ", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    let text = `${head}    lo: 0\n`;
    let changes = 0;
    const names = new InterfaceNames({ readDevices: () => text, clock });
    assert.deepEqual(names.read(), ["lo"]);
    const watching = names.watch(() => (changes += 1), stop.signal);
    await clock.advance(60_000);
    assert.equal(changes, 0);
    text = `${head}    lo: 1\n  cni0: 1\n`;
    await clock.advance(30_000);
    assert.deepEqual([changes, names.known], [1, ["lo", "cni0"]]);
    stop.abort();
    await watching;
  });

  it("are unknown while they cannot be read", () => {
    const deps = { readDevices: () => assert.fail("EMFILE: too many open files"), clock: new FakeClock() };
    assert.equal(new InterfaceNames(deps).read(), undefined);
  });
});
