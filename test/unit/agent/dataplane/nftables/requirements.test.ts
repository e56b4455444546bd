import assert from "node:assert/strict";
import { missingRequirements } from "../../../../../agent/dataplane/nftables/requirements.ts";
import { CommandError, type CommandResult } from "../../../../../agent/kernel/command/command.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";

interface Host {
  readonly nft?: string;
  readonly kernel?: string;
  readonly trial?: Partial<CommandResult>;
}

const on = ({ nft = "nftables v1.0.6 (Lester Gooch #5)\n", kernel = "6.1.0-21-amd64\n", trial = {} }: Host) =>
  missingRequirements(
    new FakeCommandRunner({
      run: ({ command, args }) => {
        if (command === "uname") return { stdout: kernel };
        return args[0] === "--version" ? { stdout: nft } : trial;
      },
    }),
  );

describe("requirements of the nftables mode", () => {
  it("are met by Debian 12", async () => assert.deepEqual(await on({}), []));

  it("name an nft that is too old", async () => {
    assert.deepEqual(await on({ nft: "nftables v1.0.0 (x)\n" }), [
      "nft 1.0.0 is older than 1.0.1: apt-get install nftables",
    ]);
  });

  it("name a kernel that is too old", async () => {
    assert.deepEqual(await on({ kernel: "5.10.0-1-cloud\n" }), [
      "kernel 5.10.0 is older than 5.13.0: upgrade the node",
    ]);
  });

  it("name the capability that is missing", async () => {
    const stderr = "/dev/stdin:1:1-10: Error: Could not process rule: Operation not permitted\n";
    assert.deepEqual(await on({ trial: { exitCode: 1, stderr } }), [
      "nft may not change the ruleset: run as root or with CAP_NET_ADMIN",
    ]);
  });

  it("say what the kernel refuses", async () => {
    const stderr = "/dev/stdin:5:1-10: Error: Could not process rule: No such file or directory\n";
    const [sentence = ""] = await on({ trial: { exitCode: 1, stderr } });
    assert.match(sentence, /^the kernel refuses a trial ruleset \(Could not process rule: No such file/);
  });

  it("say how to get nft", async () => {
    const commands = new FakeCommandRunner({
      run: () => {
        throw new CommandError("nft", "nft is not installed: apt-get install nftables");
      },
    });
    assert.deepEqual(await missingRequirements(commands), ["nft is not installed: apt-get install nftables"]);
  });
});
