/**
 * Runs suites of tests, those that do not disturb each other side by side. Prints what they print as it comes, each line with the
 * name of its suite, and ends with all skips, all failures and the sum: `N passed, N failed, N skipped`.
 *
 *   node test/run-suites.ts         what a change is tested with
 *   node test/run-suites.ts --all   everything
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runSuite } from "./run-suite.ts";
import { suiteLanes } from "./suites.ts";
import { describeResult, sumResults, type TestResult } from "./support/test-result.ts";

const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
const lanes = suiteLanes(values.all ? "all" : "chosen");
const labelWidth = Math.max(...lanes.flat().map(({ name }) => name.length));
const scratch = mkdtempSync(join(tmpdir(), "kubesteer-suites-"));
const results = new Map<string, TestResult>();

try {
  await Promise.all(
    lanes.map(async (suites) => {
      for (const suite of suites) {
        const label = suite.name.padEnd(labelWidth);
        const tell = (line: string): void => print(`${label} | ${line}`);
        const result = await runSuite(suite, { scratch, print: tell });
        tell(describeResult(result).at(-1) ?? "");
        results.set(suite.name, result);
      }
    }),
  );
} finally {
  rmSync(scratch, { recursive: true });
}

const sum = sumResults(results);
for (const line of describeResult(sum)) print(line);
if (sum.failures.length > 0) process.exitCode = 1;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
