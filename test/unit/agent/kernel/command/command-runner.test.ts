import assert from "node:assert/strict";
import { CommandError } from "../../../../../agent/kernel/command/command.ts";
import { createCommandRunner } from "../../../../../agent/kernel/command/command-runner.ts";
import { silentLogger } from "../../../../../platform/log.ts";

describe("command runner", () => {
  const commands = createCommandRunner({ log: silentLogger });

  it("passes arguments as they are: no shell reads them", async () => {
    const { stdout } = await commands.run("printf", ["%s", "$(id); `id` > x"]);
    assert.equal(stdout, "$(id); `id` > x");
  });

  it("feeds input and returns output, also of a program that fails", async () => {
    const { exitCode, stdout, stderr } = await commands.run(
      "awk",
      ['{ print; print "bad" > "/dev/stderr"; exit 3 }'],
      {
        input: "hello\n",
      },
    );
    assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 3, stdout: "hello\n", stderr: "bad\n" });
  });

  it("keeps input in a file, so that a program never takes a part for the whole", async () => {
    const { stdout } = await commands.run("stat", ["-L", "-c", "%F %s", "/dev/stdin"], { input: "hello\n" });
    assert.equal(stdout, "regular file 6\n");
  });

  it("hands over output piece by piece and does not keep it", async () => {
    const pieces: string[] = [];
    const { exitCode, stdout } = await commands.run("seq", ["100000"], {
      onStdout: (text) => pieces.push(text),
    });
    assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: "" });
    assert.ok(pieces.length > 1);
    assert.equal(pieces.join("").length, 588_895);
  });

  it("runs programs in English", async () => {
    const { stdout } = await commands.run("printenv", ["LC_ALL"]);
    assert.equal(stdout, "C\n");
  });

  it("says how to install a program that is missing", async () => {
    await assert.rejects(commands.run("ipvsadm-is-not-here", []), {
      name: "CommandError",
      message: "ipvsadm-is-not-here is not installed: apt-get install ipvsadm-is-not-here",
    });
  });

  it("ends a program that takes too long", async () => {
    await assert.rejects(commands.run("sleep", ["60"], { timeoutMs: 20 }), /sleep did not end within 20 ms/);
  });

  it("ends a program when the signal aborts", async () => {
    await assert.rejects(commands.run("sleep", ["60"], { signal: AbortSignal.abort() }), CommandError);
  });

  it("talks with a program that stays", async () => {
    const { promise: answer, resolve } = Promise.withResolvers<string>();
    const child = commands.start("cat", [], { onStdout: resolve, onStderr() {} });
    child.write("ping\n");
    assert.equal(await answer, "ping\n");
    await child.stop();
    assert.equal(await child.ended, "cat was killed by SIGKILL");
    child.write("after the end\n");
  });

  it("ends at once when a program that should stay is missing", async () => {
    const child = commands.start("nft-is-not-here", [], { onStdout() {}, onStderr() {} });
    assert.match(await child.ended, /is not installed/);
  });
});
