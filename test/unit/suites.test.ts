import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { dataplanes } from "../../agent/dataplane/dataplanes.ts";
import { judgeRun } from "../run-suite.ts";
import { suiteLanes } from "../suites.ts";
import type { TestResult } from "../support/test-result.ts";

const folders = new Set(
  globSync("*/**/*.test.ts", { cwd: join(import.meta.dirname, "..") }).map((file) => file.split("/")[0]),
);
const good: TestResult = { passed: 1, failures: [], skips: [] };
const nothing: TestResult = { passed: 0, failures: [], skips: [] };

function judge(result: TestResult | undefined, exitCode: number) {
  const text = result === undefined ? undefined : JSON.stringify(result);
  return judgeRun({ text, end: `exit code ${exitCode}`, isGood: exitCode === 0 });
}

describe("suites", () => {
  for (const choice of ["chosen", "all"] as const) {
    it(`every folder with tests is among ${choice} suites, under names of their own`, () => {
      const suites = suiteLanes(choice).flat();
      assert.deepEqual(new Set(suites.map(({ folder }) => folder)), folders);
      assert.equal(new Set(suites.map(({ name }) => name)).size, suites.length);
    });
  }

  it("packets are sent in each mode of the build among all suites", () => {
    const modes = suiteLanes("all")
      .flat()
      .flatMap(({ folder, env }) => (folder === "packets" ? [env["MODE"]] : []));
    assert.deepEqual(modes, Object.keys(dataplanes));
  });
});

describe("the run of a suite", () => {
  it("has the result that it left", () => {
    assert.deepEqual(judge(good, 0), good);
  });

  it("has failed when it left none", () => {
    const [failure] = judge(undefined, 7).failures;
    assert.deepEqual(failure, {
      title: "the suite",
      reason: "it ended before its tests did, with exit code 7",
    });
  });

  it("has failed when its result is incomplete", () => {
    const { failures } = judgeRun({ text: '{"passed":', end: "exit code 1", isGood: false });
    assert.equal(failures[0]?.reason, "its result file is incomplete, and it ended with exit code 1");
  });

  it("has failed when it had no tests", () => {
    assert.equal(judge(nothing, 0).failures[0]?.reason, "it has no tests");
  });

  it("has failed when it ended as if something failed", () => {
    const { passed, failures } = judge(good, 1);
    assert.equal(passed, 1);
    assert.equal(failures[0]?.reason, "no test failed, but it ended with exit code 1");
  });
});
