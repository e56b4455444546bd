import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import { firstLine } from "../../platform/errors.ts";
import { skipReasons } from "./skip.ts";
import { describeResult, type Failure, type Skip, type TestResult } from "./test-result.ts";

const { Base, Spec } = Mocha.reporters;
const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/**
 * mocha's spec reporter, then the result in lines that people and machines can read. With reporter option `result` the result goes into
 * that file instead, for runs of several suites.
 */
export default class Reporter extends Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const skips: Skip[] = [];
    const failures: Failure[] = [];
    runner.on(EVENT_TEST_PENDING, (test) => {
      skips.push({ title: test.fullTitle(), reason: reasonOf(test) });
    });
    runner.on(EVENT_TEST_FAIL, (test, error: Error) => {
      failures.push({ title: test.fullTitle(), reason: firstLine(error.message) });
    });
    runner.once(EVENT_RUN_END, () => {
      tell({ passed: this.stats.passes, failures, skips }, resultFileOf(options));
    });
  }
}

function tell(result: TestResult, file: string | undefined): void {
  if (file !== undefined) writeFileSync(file, JSON.stringify(result));
  else for (const line of describeResult(result)) Base.consoleLog(line);
}

/** mocha types the options of reporters as anything. */
function resultFileOf(options: Mocha.MochaOptions | undefined): string | undefined {
  const reporterOptions: unknown = options?.reporterOptions;
  if (typeof reporterOptions !== "object" || reporterOptions === null) return undefined;
  return "result" in reporterOptions ? String(reporterOptions.result) : undefined;
}

/** The reason given to `skipBecause`, in the test itself or in a `before` hook of one of its suites. */
function reasonOf(test: Mocha.Test): string {
  const own = skipReasons.get(test);
  if (own !== undefined) return own;
  for (let suite: Mocha.Suite | undefined = test.parent; suite !== undefined; suite = suite.parent) {
    for (const hook of hooksOf(suite)) {
      const reason = skipReasons.get(hook);
      if (reason !== undefined) return reason;
    }
  }
  return "no reason given";
}

/** Mocha keeps them private; their shape has been the same since mocha 1. */
function hooksOf(suite: Mocha.Suite): readonly object[] {
  return [suite["_beforeAll"], suite["_beforeEach"]].flat();
}
