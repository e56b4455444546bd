import assert from "node:assert/strict";
import { readNftVersion } from "../../../../../agent/dataplane/nftables/tool-version.ts";
import { CommandMissingError } from "../../../../../agent/kernel/command/command.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";

describe("version of nft", () => {
  it("is what nft prints", async () => {
    const commands = new FakeCommandRunner({
      run: () => ({ stdout: "nftables v1.0.6 (Lester Gooch #5)\n" }),
    });
    assert.equal(await readNftVersion(commands), "1.0.6");
  });

  it("is unknown where nft is not installed", async () => {
    const commands = new FakeCommandRunner({
      run() {
        throw new CommandMissingError("nft", "nft is not installed");
      },
    });
    assert.equal(await readNftVersion(commands), undefined);
  });
});
