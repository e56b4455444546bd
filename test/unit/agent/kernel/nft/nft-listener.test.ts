import assert from "node:assert/strict";
import { createNftListener } from "../../../../../agent/kernel/nft/nft-listener.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock, settle } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";

describe("nft listener", () => {
  it("begins again ever more slowly where the program cannot run, until it is stopped", async () => {
    const clock = new FakeClock();
    const commands = new FakeCommandRunner();
    const broken: (readonly [string, number])[] = [];
    const listener = createNftListener({
      commands,
      table: "kubesteer",
      onTransaction: () => assert.fail("there are none"),
      onListening: () => assert.fail("it cannot listen"),
      onBroken: (reason, failures) => broken.push([reason, failures]),
      clock,
      log: silentLogger,
    });
    const stop = new AbortController();
    const running = listener.run(stop.signal);
    await settle();
    assert.deepEqual(broken, [["socat ended with exit code 1", 1]]);
    await clock.advance(100);
    assert.equal(commands.sessions.length, 2);
    await clock.advance(600_000);
    assert.ok(
      commands.sessions.length > 20 && commands.sessions.length < 60,
      String(commands.sessions.length),
    );
    assert.deepEqual(
      broken.map(([, failures]) => failures),
      broken.map((_, index) => index + 1),
    );
    stop.abort();
    await running;
  });
});
