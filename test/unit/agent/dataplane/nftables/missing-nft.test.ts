import assert from "node:assert/strict";
import { createRunner } from "../../../../../agent/dataplane/runner.ts";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import { CommandError, CommandMissingError } from "../../../../../agent/kernel/command/command.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";

const create = (error: Error) =>
  createRunner(createNftablesDataplane, {
    commands: new FakeCommandRunner({
      run() {
        throw error;
      },
    }),
    log: silentLogger,
    clock: new FakeClock(),
  });

describe("nftables mode without nft", () => {
  const runner = create(new CommandMissingError("nft", "nft is not installed: apt-get install nftables"));

  it("has left nothing on the node", async () => {
    assert.equal(await runner.dataplane.hasState(), false);
  });

  it("has nothing to clean up", async () => {
    await runner.cleanup();
  });

  it("has no version", async () => {
    assert.deepEqual(await runner.dataplane.toolVersions(), {});
  });
});

describe("nftables mode with an nft that hangs", () => {
  const runner = create(new CommandError("nft", "nft did not end within 30000 ms"));

  it("cannot tell what it has left, and does not pretend to have cleaned up", async () => {
    await assert.rejects(runner.dataplane.hasState(), /did not end/);
    await assert.rejects(runner.cleanup(), /did not end/);
  });
});
