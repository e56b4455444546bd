import Mocha from "mocha";
import { firstLine } from "../../platform/errors.ts";
import { skipReasons } from "./skip.ts";

const { Base, Spec } = Mocha.reporters;
const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants;

interface Skip {
  readonly title: string;
  readonly reason: string;
}

/**
 * mocha's spec reporter, then every skip with its reason, every failure in a line, and one plain line:
 * `N passed, N failed, N skipped`. Who keeps only the end of a long log sees what failed.
 */
export default class Reporter extends Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const skips: Skip[] = [];
    runner.on(EVENT_TEST_PENDING, (test) => {
      skips.push({ title: test.fullTitle(), reason: reasonOf(test) });
    });
    const failed: string[] = [];
    runner.on(EVENT_TEST_FAIL, (test, error: Error) => {
      failed.push(`failed: ${test.fullTitle()}: ${firstLine(error.message)}`);
    });
    runner.once(EVENT_RUN_END, () => {
      for (const [reason, titles] of Map.groupBy(skips, (skip) => skip.reason)) {
        Base.consoleLog(`skipped ${titles.length}: ${reason}`);
        for (const { title } of titles) Base.consoleLog(`  - ${title}`);
      }
      for (const line of failed) Base.consoleLog(line);
      const { passes, failures, pending } = this.stats;
      Base.consoleLog(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
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
