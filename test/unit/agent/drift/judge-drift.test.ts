import assert from "node:assert/strict";
import {
  addChange,
  addRestored,
  calmTimeMs,
  type DriftPolicy,
  type DriftRecord,
  judgeDrifted,
  noDrift,
  repairTimeMs,
} from "../../../../agent/drift/judge-drift.ts";

const flush = {
  culprit: { processId: 7, name: "nft", command: "nft flush ruleset", startedBy: undefined },
  what: "deleted table ip kubesteer",
};
const other = { culprit: undefined, what: "added chain theirs" };

/** An external change and a repair, at each of these seconds. */
function fight(...seconds: readonly number[]): DriftRecord {
  return seconds.reduce((record, second) => {
    const changed = addChange(record, flush, second * 1_000);
    return addRestored(changed, second * 1_000 + 500);
  }, noDrift);
}

interface RepairRow {
  readonly name: string;
  readonly record: DriftRecord;
  readonly policy?: DriftPolicy;
  readonly atMs: number | undefined;
}

const repairRows: readonly RepairRow[] = [
  { name: "without a change nothing is repaired", record: noDrift, atMs: undefined },
  { name: "the first change is repaired at once", record: addChange(noDrift, flush, 5_000), atMs: 5_000 },
  {
    name: "with policy Report nothing is repaired",
    record: addChange(noDrift, flush, 5_000),
    policy: "Report",
    atMs: undefined,
  },
  {
    name: "what is repaired is not repaired again",
    record: fight(5),
    atMs: undefined,
  },
  {
    name: "the second repair waits a second from the first",
    record: addChange(fight(5), flush, 5_600),
    atMs: 6_500,
  },
  {
    name: "a change after the pause is repaired at once",
    record: addChange(fight(5), flush, 8_000),
    atMs: 8_000,
  },
  {
    name: "further changes do not put off the repair",
    record: addChange(addChange(fight(5), flush, 5_600), other, 6_400),
    atMs: 6_500,
  },
  {
    name: "each repair waits twice as long as the one before",
    record: addChange(fight(1, 2, 3, 4), flush, 4_600),
    atMs: 12_500,
  },
  {
    name: "no repair waits more than half a minute",
    record: addChange(fight(...Array.from({ length: 50 }, (_, second) => second)), flush, 50_000),
    atMs: 79_500,
  },
  {
    name: "after a minute of calm the next change is repaired at once",
    record: addChange(fight(1, 2, 3, 4), flush, 64_500),
    atMs: 64_500,
  },
];

interface VerdictRow {
  readonly name: string;
  readonly record: DriftRecord;
  readonly policy?: DriftPolicy;
  readonly watchProblem?: string;
  readonly nowMs?: number;
  readonly expect: readonly [status: string, reason: string, message: RegExp];
}

const culprit = String.raw`nft \(process 7: nft flush ruleset\) deleted table ip kubesteer\.`;
const verdictRows: readonly VerdictRow[] = [
  { name: "nothing has happened", record: noDrift, expect: ["False", "InStep", /no external changes/] },
  {
    name: "a change is about to be repaired",
    record: addChange(noDrift, flush, 0),
    expect: ["True", "Repairing", new RegExp(`^${culprit} It is being repaired`)],
  },
  { name: "a change is repaired", record: fight(0), expect: ["False", "InStep", /no external changes/] },
  {
    name: "the first change is named until it is repaired",
    record: addChange(addChange(noDrift, flush, 0), other, 1),
    expect: ["True", "Repairing", new RegExp(culprit)],
  },
  {
    name: "with policy Report a change stays",
    record: addChange(noDrift, flush, 0),
    policy: "Report",
    expect: ["True", "Reported", new RegExp(`${culprit} .*until the next full sync`)],
  },
  {
    name: "with policy Report a change stays, also after a fight under another policy",
    record: addChange(fight(0, 1, 2), flush, 3_000),
    nowMs: 3_000,
    policy: "Report",
    expect: ["True", "Reported", new RegExp(`${culprit} .*until the next full sync`)],
  },
  {
    name: "with policy Report it is over when everything was rewritten",
    record: fight(0),
    policy: "Report",
    expect: ["False", "InStep", /no external changes/],
  },
  {
    name: "who does not stop is shown, also while all is as it should be",
    record: fight(0, 1, 2),
    nowMs: 30_000,
    expect: [
      "True",
      "RepeatedChanges",
      new RegExp(`repaired 3 times.* at most every 30 seconds\\. ${culprit}`),
    ],
  },
  {
    name: "external changes are not noticed",
    record: noDrift,
    watchProblem: "socat is not installed",
    expect: ["Unknown", "NotWatched", /not noticed at once: socat is not installed\. Full syncs/],
  },
  {
    name: "what was noticed is reported also while no further changes are noticed",
    record: addChange(noDrift, flush, 0),
    watchProblem: "socat is not installed",
    expect: ["True", "Repairing", new RegExp(culprit)],
  },
  {
    name: "a fight is reported with the last known culprit",
    record: addChange(fight(0, 1, 2), other, 3_000),
    expect: ["True", "RepeatedChanges", new RegExp(culprit)],
  },
  {
    name: "after a minute of calm a fight is over",
    record: fight(0, 1, 2),
    nowMs: 62_500,
    expect: ["False", "InStep", /no external changes/],
  },
];

describe("judge drift", () => {
  for (const { name, record, policy = "Repair", atMs } of repairRows) {
    it(name, () => assert.equal(repairTimeMs(record, policy), atMs));
  }

  for (const { name, record, policy = "Repair", watchProblem, nowMs = 1_000, expect } of verdictRows) {
    it(`the condition reports: ${name}`, () => {
      const { status, reason, message } = judgeDrifted(record, { policy, watchProblem, nowMs });
      assert.deepEqual([status, reason], expect.slice(0, 2));
      assert.match(message, expect[2]);
    });
  }

  it("counts every change", () => {
    assert.equal(addChange(addChange(noDrift, flush, 0), other, 0).detectedTotal, 2);
  });

  it("knows when a fight is over, once", () => {
    assert.equal(calmTimeMs(noDrift, 0), undefined);
    assert.equal(calmTimeMs(fight(0, 1), 2_000), undefined);
    assert.equal(calmTimeMs(fight(0, 1, 2), 3_000), 62_500);
    assert.equal(calmTimeMs(fight(0, 1, 2), 62_500), undefined);
  });
});
