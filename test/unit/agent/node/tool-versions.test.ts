import assert from "node:assert/strict";
import { release } from "node:os";
import { CommandError } from "../../../../agent/kernel/command/command.ts";
import { readToolVersions } from "../../../../agent/node/tool-versions.ts";
import { FakeCommandRunner } from "../../../support/fake-command-runner.ts";

describe("tool versions", () => {
  it("nft tells its version", async () => {
    const commands = new FakeCommandRunner({
      run: () => ({ stdout: "nftables v1.0.6 (Lester Gooch #5)\n" }),
    });
    assert.deepEqual(await readToolVersions(commands), { kernel: release(), nft: "1.0.6" });
  });

  it("a node without nft has no version of it", async () => {
    const commands = new FakeCommandRunner({
      run() {
        throw new CommandError("nft", "nft is not installed");
      },
    });
    assert.equal((await readToolVersions(commands)).nft, undefined);
  });
});
