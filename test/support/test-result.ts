/** What became of the tests of a run. */
export interface TestResult {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skips: readonly Skip[];
}

export interface Failure {
  readonly title: string;
  /** One line. */
  readonly reason: string;
}

export interface Skip {
  readonly title: string;
  readonly reason: string;
}

/** The results of several runs as that of one, with the name of the run before each title. */
export function sumResults(results: ReadonlyMap<string, TestResult>): TestResult {
  return {
    passed: [...results.values()].reduce((sum, { passed }) => sum + passed, 0),
    failures: [...results].flatMap(([run, { failures }]) => withRun(run, failures)),
    skips: [...results].flatMap(([run, { skips }]) => withRun(run, skips)),
  };
}

function withRun<Entry extends Failure | Skip>(run: string, entries: readonly Entry[]): readonly Entry[] {
  return entries.map((entry) => ({ ...entry, title: `${run}: ${entry.title}` }));
}

/**
 * Every skip with its reason, every failure in a line, and one plain line: `N passed, N failed, N skipped`. The end of a long log
 * is enough to see what failed.
 */
export function describeResult({ passed, failures, skips }: TestResult): readonly string[] {
  return [
    ...[...Map.groupBy(skips, ({ reason }) => reason)].flatMap(([reason, skipped]) => [
      `skipped ${skipped.length}: ${reason}`,
      ...skipped.map(({ title }) => `  - ${title}`),
    ]),
    ...failures.map(({ title, reason }) => `failed: ${title}: ${reason}`),
    `${passed} passed, ${failures.length} failed, ${skips.length} skipped`,
  ];
}

/** Reads what a run has left in its result file. */
export function parseResult(text: string): TestResult {
  return JSON.parse(text) as TestResult;
}
