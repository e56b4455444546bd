import { listSomeClauses } from "../../platform/text/list-some.ts";
import type { SyncFailure, SyncOutcome, SyncSuccess } from "../sync/sync-outcome.ts";

/** Something worth an Event on the NodeProxy. */
export interface NotableEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: "ServiceRejected" | "ModeFallback" | SyncFailure["reason"];
  readonly message: string;
}

const namedServices = 5;

/** What is new in `outcome` against the syncs before it; a state that lasts is reported once. */
export function findNotableEvents(
  outcome: SyncOutcome,
  lastSuccess: SyncSuccess | undefined,
): readonly NotableEvent[] {
  if (outcome.kind === "failure") {
    const { failures, reason, message } = outcome;
    return failures === 1 ? [{ type: "Warning", reason, message }] : [];
  }
  return [
    ...findFallback(outcome, lastSuccess),
    ...findFailing(outcome),
    ...findRejected(outcome, lastSuccess),
  ];
}

function findFailing({ failing }: SyncSuccess): readonly NotableEvent[] {
  return failing
    .filter(({ failures, isNew }) => isNew && failures === 1)
    .map(({ mode, message }) => ({
      type: "Warning",
      reason: "SyncFailed",
      message: `Mode ${mode} fails, its Services may be served as before: ${message}`,
    }));
}

function findFallback(
  { mode, fallbackReason }: SyncSuccess,
  lastSuccess: SyncSuccess | undefined,
): readonly NotableEvent[] {
  if (fallbackReason === undefined || fallbackReason === lastSuccess?.fallbackReason) return [];
  return [{ type: "Warning", reason: "ModeFallback", message: `Running mode ${mode}: ${fallbackReason}` }];
}

function findRejected(
  { report }: SyncSuccess,
  lastSuccess: SyncSuccess | undefined,
): readonly NotableEvent[] {
  const known = new Set(lastSuccess?.report.rejected.map(({ service }) => service));
  const fresh = report.rejected.filter(({ service }) => !known.has(service));
  if (fresh.length === 0) return [];
  const refused = fresh.map(({ service, reason }) => `${service}: ${reason}`);
  const named = listSomeClauses(refused, namedServices);
  const message = `The kernel refused Services, all others are served. ${named}`;
  return [{ type: "Warning", reason: "ServiceRejected", message }];
}
