import assert from "node:assert/strict";
import { findNotableEvents } from "../../../../agent/status/notable-events.ts";
import type { SyncOutcome, SyncSuccess } from "../../../../agent/sync/sync-outcome.ts";
import {
  makeModeFailure,
  makeRejected,
  makeSyncFailure,
  makeSyncSuccess,
} from "../../../support/make-sync-outcome.ts";

const fallback = makeSyncSuccess({ fallbackReason: "mode ebpf needs BTF" });
const rejected = makeSyncSuccess({ report: { rejected: makeRejected("n/a") } });

const rows: readonly (readonly [
  name: string,
  outcome: SyncOutcome,
  before: SyncSuccess | undefined,
  expected: readonly RegExp[],
])[] = [
  ["an ordinary sync is no event", makeSyncSuccess(), undefined, []],
  ["the first failure in a row is an event", makeSyncFailure(), undefined, [/^SyncFailed nft rejected/]],
  [
    "a mode that the node cannot run is reported as such",
    makeSyncFailure({ reason: "ModeUnsupported", message: "mode ebpf needs BTF" }),
    undefined,
    [/^ModeUnsupported mode ebpf needs BTF$/],
  ],
  ["further failures are not", makeSyncFailure({ failures: 2 }), undefined, []],
  [
    "a fallback is an event",
    fallback,
    makeSyncSuccess(),
    [/^ModeFallback Running mode nftables: mode ebpf needs/],
  ],
  ["a fallback that lasts is not", fallback, fallback, []],
  [
    "a mode besides the main one that begins to fail is an event",
    makeSyncSuccess({ failing: [makeModeFailure()] }),
    makeSyncSuccess(),
    [/^SyncFailed Mode userspace fails, its Services may be served as before: no sockets left$/],
  ],
  [
    "one that goes on failing, or waits for its next attempt, is not",
    makeSyncSuccess({ failing: [makeModeFailure({ failures: 2 }), makeModeFailure({ isNew: false })] }),
    makeSyncSuccess(),
    [],
  ],
  ["a refused Service is an event", rejected, makeSyncSuccess(), [/^ServiceRejected .*n\/a: No such file$/]],
  ["a Service that is still refused is not", rejected, rejected, []],
  [
    "only newly refused Services are named, five at most",
    makeSyncSuccess({ report: { rejected: makeRejected("n/a", "n/b", "n/c", "n/d", "n/e", "n/f", "n/g") } }),
    rejected,
    [/served\. n\/b: .*n\/f: No such file; and 1 more$/],
  ],
];

describe("notable events", () => {
  for (const [name, outcome, before, expected] of rows) {
    it(name, () => {
      const events = findNotableEvents(outcome, before).map(({ reason, message }) => `${reason} ${message}`);
      assert.equal(events.length, expected.length);
      for (const [index, pattern] of expected.entries()) assert.match(events[index] ?? "", pattern);
    });
  }
});
