import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const program = path.join(import.meta.dirname, "lifecycle-program.ts");

/** Runs the program until it ends; `signals` maps a printed line to the signal to send. */
async function play(
  args: readonly string[],
  signals: Readonly<Record<string, NodeJS.Signals>> = {},
): Promise<{
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const line of text.split("\n")) {
      const signal = signals[line];
      if (signal !== undefined) child.kill(signal);
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child, "close");
  return { exitCode: child.exitCode, signal: child.signalCode, stdout, stderr };
}

describe("runProgram", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`${signal} aborts the signal of main, and the program ends with 0`, async () => {
      const ended = await play(["stopsWhenAsked"], { running: signal });
      assert.deepEqual(ended, { exitCode: 0, signal: null, stdout: "running\nstopped\n", stderr: "" });
    });
  }

  it("a second signal ends a program that does not stop at once", async () => {
    const ended = await play(["doesNotStop"], { running: "SIGTERM", "still running": "SIGTERM" });
    assert.equal(ended.signal, "SIGTERM");
    assert.equal(ended.stdout, "running\nstill running\n");
  });

  it("prints a TerminalError as a sentence without a stack", async () => {
    const ended = await play(["failsTerminally"]);
    assert.equal(ended.exitCode, 1);
    assert.equal(ended.stderr, "program: the kubeconfig /none does not exist. Specify another one\n");
  });

  it("logs a TerminalError with its hint if there is a log", async () => {
    const ended = await play(["failsTerminally", "log"]);
    assert.equal(ended.exitCode, 1);
    assert.equal(ended.stderr, "");
    const [line = ""] = ended.stdout.split("\n");
    const { level, msg, hint, error } = JSON.parse(line);
    assert.deepEqual(
      { level, msg, hint, error },
      {
        level: "error",
        msg: "the kubeconfig /none does not exist",
        hint: "Specify another one",
        error: undefined,
      },
    );
  });

  it("prints any other failure with its stack", async () => {
    const ended = await play(["fails"]);
    assert.equal(ended.exitCode, 1);
    assert.match(ended.stderr, /^program: Error: the disk is full\n +at .*lifecycle-program\.ts/);
  });

  it("an unhandled rejection stops the program in order, with exit code 1", async () => {
    const ended = await play(["leavesRejection"]);
    assert.equal(ended.exitCode, 1);
    assert.equal(ended.stdout, "running\nstopped\n");
    assert.match(ended.stderr, /^program: Error: unhandled rejection\n/);
  });

  it("logs the signal that stops it", async () => {
    const ended = await play(["stopsWhenAsked", "log"], { running: "SIGTERM" });
    const lines = ended.stdout.split("\n").filter((line) => line.startsWith("{"));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map(({ msg, signal }) => ({ msg, signal })),
      [{ msg: "stopping", signal: "SIGTERM" }],
    );
  });
});
