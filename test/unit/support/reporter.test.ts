import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.join(import.meta.dirname, "../../..");
const mocha = path.join(root, "node_modules/mocha/bin/mocha.js");
const reporter = path.join(root, "test/support/reporter.ts");

const suites = {
  passing: `it("passes", () => {});`,
  failing: `it("fails", () => assert.equal(1, 2));`,
  "skipped by a test": `it("skips itself", function () { skipBecause(this, "no such tool"); });`,
  "skipped by a hook": `
    before(function () { skipBecause(this, "not root"); });
    it("first", () => {});
    describe("inside", () => it("second", () => {}));`,
  "skipped by mocha": `it.skip("unexplained", () => {});`,
} as const;

describe("the test reporter", function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "kubesteer-reporter-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What mocha prints for these suites. */
  function run(...names: readonly (keyof typeof suites)[]) {
    const file = path.join(folder, "fixture.test.mjs");
    const skip = pathToFileURL(path.join(root, "test/support/skip.ts")).href;
    const bodies = names.map((name) => `describe(${JSON.stringify(name)}, () => {${suites[name]}});`);
    writeFileSync(
      file,
      [`import assert from "node:assert/strict";`, `import { skipBecause } from "${skip}";`, ...bodies].join(
        "\n",
      ),
    );
    const args = [mocha, "--no-config", "--no-package", "--reporter", reporter, file];
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: folder });
    return { status, lines: stdout.trimEnd().split("\n") };
  }

  it("ends with one plain line of counts", () => {
    const { status, lines } = run("passing", "skipped by a test");
    assert.equal(lines.at(-1), "1 passed, 0 failed, 1 skipped");
    assert.equal(status, 0);
  });

  it("counts failures and says what failed before the last line", () => {
    const { status, lines } = run("passing", "failing");
    assert.equal(lines.at(-1), "1 passed, 1 failed, 0 skipped");
    assert.notEqual(status, 0);
    assert.ok(lines.some((line) => line.includes("AssertionError")));
  });

  it("prints each reason once, with the tests that were skipped for it", () => {
    const { lines } = run("skipped by a test", "skipped by a hook", "skipped by mocha");
    assert.deepEqual(lines.slice(lines.indexOf("skipped 1: no such tool")), [
      "skipped 1: no such tool",
      "  - skipped by a test skips itself",
      "skipped 2: not root",
      "  - skipped by a hook first",
      "  - skipped by a hook inside second",
      "skipped 1: no reason given",
      "  - skipped by mocha unexplained",
      "0 passed, 0 failed, 4 skipped",
    ]);
  });
});
