import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Suite } from "./suites.ts";
import { parseResult, type TestResult } from "./support/test-result.ts";

const root = join(import.meta.dirname, "..");

/** How long a suite may take to end after its last test, in milliseconds: a failed test may leave something open. */
const longestEndMs = 30_000;

/** Runs a suite in a process of its own. */
export async function runSuite(
  { name, folder, env }: Suite,
  { scratch, print }: { readonly scratch: string; readonly print: (line: string) => void },
): Promise<TestResult> {
  const resultFile = join(scratch, `${name}.json`);
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  const args = ["--reporter-option", `result=${resultFile}`, `test/${folder}/**/*.test.ts`];
  const run = execa(process.execPath, [mocha, ...args], {
    cwd: root,
    env,
    stdin: "ignore",
    all: true,
    buffer: false,
    reject: false,
  });
  const stopWatching = onceExists(resultFile, () => setTimeout(() => run.kill(), longestEndMs).unref());
  for await (const line of run.iterable({ from: "all" })) print(line);
  const { exitCode, signal } = await run;
  stopWatching();
  const text = existsSync(resultFile) ? readFileSync(resultFile, "utf8") : undefined;
  return judgeRun({ text, end: signal ?? `exit code ${exitCode ?? "unknown"}`, isGood: exitCode === 0 });
}

/** Calls back when `file` appears, until the returned function is called. */
function onceExists(file: string, callback: () => void): () => void {
  const poll = setInterval(() => {
    if (!existsSync(file)) return;
    clearInterval(poll);
    callback();
  }, 1_000).unref();
  return () => clearInterval(poll);
}

/** The result of a run that ended with `end` and left `text` in its result file, undefined for no such file. */
export function judgeRun({
  text,
  end,
  isGood,
}: {
  readonly text: string | undefined;
  readonly end: string;
  readonly isGood: boolean;
}): TestResult {
  if (text === undefined) return broken(`it ended before its tests did, with ${end}`);
  const result = readResult(text);
  if (result === undefined) return broken(`its result file is incomplete, and it ended with ${end}`);
  const { passed, failures, skips } = result;
  if (passed + failures.length + skips.length === 0) return broken("it has no tests");
  if (isGood || failures.length > 0) return result;
  return { ...result, failures: broken(`no test failed, but it ended with ${end}`).failures };
}

/** Undefined for a file that was not written to its end. */
function readResult(text: string): TestResult | undefined {
  try {
    return parseResult(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function broken(reason: string): TestResult {
  return { passed: 0, failures: [{ title: "the suite", reason }], skips: [] };
}
