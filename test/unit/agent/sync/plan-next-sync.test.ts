import assert from "node:assert/strict";
import { type NextSync, planNextSync, type SyncPace } from "../../../../agent/sync/plan-next-sync.ts";

const idle: SyncPace = {
  requested: false,
  repairRequested: false,
  modeRetryAtMs: undefined,
  lastEndMs: 10_000,
  lastFullMs: 10_000,
  retryAtMs: undefined,
  minPeriodMs: 0,
  fullPeriodMs: 60_000,
};

const rows: readonly (readonly [string, Partial<SyncPace>, NextSync])[] = [
  [
    "the first sync is full and at once",
    { lastEndMs: undefined, lastFullMs: undefined },
    { atMs: -Infinity, full: true },
  ],
  ["without changes the next sync is the full resync", {}, { atMs: 70_000, full: true }],
  ["a change is synced at once after idle time", { requested: true }, { atMs: 10_000, full: false }],
  [
    "a change waits for the shortest period after the end of the last sync",
    { requested: true, minPeriodMs: 500 },
    { atMs: 10_500, full: false },
  ],
  [
    "changes without end do not put off the full resync",
    { requested: true, lastEndMs: 70_500 },
    { atMs: 70_000, full: true },
  ],
  [
    "an external change is repaired at once, by a sync that leaves the other modes alone",
    { repairRequested: true, lastEndMs: 50_000, minPeriodMs: 500 },
    { atMs: -Infinity, full: false },
  ],
  [
    "a mode that failed is tried again at its time, without the others",
    { modeRetryAtMs: 20_000, minPeriodMs: 60_000 },
    { atMs: 20_000, full: false },
  ],
  [
    "changes do not wait for a mode that failed",
    { requested: true, modeRetryAtMs: 20_000 },
    { atMs: 10_000, full: false },
  ],
  [
    "after a failure a repair waits like everything else",
    { repairRequested: true, retryAtMs: 12_000 },
    { atMs: 12_000, full: true },
  ],
  ["a partial sync does not count as a full one", { lastEndMs: 50_000 }, { atMs: 70_000, full: true }],
  [
    "after a failure the next sync is full and waits for its time, also when changes come",
    { requested: true, retryAtMs: 12_000, lastFullMs: undefined },
    { atMs: 12_000, full: true },
  ],
  [
    "after a failure that need not wait the next sync is full",
    { requested: true, lastFullMs: undefined },
    { atMs: -Infinity, full: true },
  ],
];

describe("plan next sync", () => {
  for (const [name, pace, expected] of rows) {
    it(name, () => assert.deepEqual(planNextSync({ ...idle, ...pace }), expected));
  }
});
