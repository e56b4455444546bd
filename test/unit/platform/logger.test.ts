import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { logLevels } from "../../../platform/logger.ts";

const program = path.join(import.meta.dirname, "logger-program.ts");

interface Line extends Readonly<Record<string, unknown>> {
  readonly msg: string;
}

function play(level: string, stream: "stdout" | "stderr" = "stdout") {
  const { stdout, stderr } = spawnSync(process.execPath, [program, level, stream], { encoding: "utf8" });
  return { stdout: parseLines(stdout), stderr: parseLines(stderr) };
}

function parseLines(text: string): readonly Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

describe("createLogger", () => {
  let printed: ReturnType<typeof play>;
  const named = (message: string) => printed.stdout.find(({ msg }) => msg === message);

  before(() => {
    printed = play("debug");
  });

  it("writes JSON lines with level, time, name, fields and message", () => {
    const { time, pid, hostname, ...rest }: Partial<Line> = named("found") ?? {};
    assert.deepEqual(rest, { level: "info", name: "program", step: 2, msg: "found" });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(typeof pid, "number");
    assert.equal(typeof hostname, "string");
  });

  it("loses no line if the process is killed right afterwards", () => {
    assert.equal(printed.stdout.filter(({ msg }) => msg === "counted").length, 2_000);
  });

  it("logs an error with its stack and the message of its cause", () => {
    const failed = named("failed");
    const text = JSON.stringify(failed?.["error"]);
    assert.match(text, /Error: outer\\n +at /);
    assert.match(text, /"message":"inner"/);
  });

  it("the lines of a child have the fields of the child", () => {
    assert.equal(named("failed")?.["node"], "node1");
    assert.equal(named("found")?.["node"], undefined);
  });

  it("writes nothing to the other stream", () => {
    assert.deepEqual(printed.stderr, []);
    const other = play("error", "stderr");
    assert.deepEqual(other.stdout, []);
    assert.deepEqual(
      other.stderr.map(({ msg }) => msg),
      ["failed"],
    );
  });

  for (const [index, level] of logLevels.entries()) {
    it(`level ${level} omits lower levels`, () => {
      const levels = new Set(play(level).stdout.map((line) => line["level"]));
      assert.deepEqual(levels, new Set(logLevels.slice(index)));
    });
  }
});
