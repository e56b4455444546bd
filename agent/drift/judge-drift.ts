import type { Condition, NodeProxyConfig } from "../../crds/api.ts";
import type { ForeignChange } from "../dataplane/foreign-change.ts";
import { describeCulprit } from "./describe-culprit.ts";

export type DriftPolicy = NodeProxyConfig["drift"]["policy"];

/** What is known about external changes of one mode's kernel state. Times are milliseconds of the monotonic clock. */
export interface DriftRecord {
  /** Foreign changes since the agent started. */
  readonly detectedTotal: number;
  /** The first of those that may still be in the kernel; undefined when the kernel state is as it should be. */
  readonly open: { readonly change: ForeignChange; readonly atMs: number } | undefined;
  /** Repairs without a minute of calm between them. */
  readonly repairsInARow: number;
  readonly lastChange: { readonly change: ForeignChange; readonly atMs: number } | undefined;
  /** The last one whose culprit is known. */
  readonly lastNamed: ForeignChange | undefined;
  readonly lastRepairMs: number | undefined;
}

export const noDrift: DriftRecord = {
  detectedTotal: 0,
  open: undefined,
  repairsInARow: 0,
  lastChange: undefined,
  lastNamed: undefined,
  lastRepairMs: undefined,
};

/** A fight counts as over this long after the last repair and the last change. */
const calmMs = 60_000;
/** The first repair is immediate, the second comes after this pause, and the pause doubles for each further one. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** This many repairs in a row are reported as a fight. */
const repairsOfAFight = 3;

/** Another process changed our kernel state. */
export function addChange(record: DriftRecord, change: ForeignChange, nowMs: number): DriftRecord {
  const seen = { change, atMs: nowMs };
  return {
    ...record,
    detectedTotal: record.detectedTotal + 1,
    open: record.open ?? seen,
    repairsInARow: isCalm(record, nowMs) ? 0 : record.repairsInARow,
    lastChange: seen,
    lastNamed: change.culprit === undefined ? record.lastNamed : change,
  };
}

/** Everything was rewritten, for whatever reason. */
export function addRestored(record: DriftRecord, nowMs: number): DriftRecord {
  if (record.open === undefined) return record;
  return { ...record, open: undefined, repairsInARow: record.repairsInARow + 1, lastRepairMs: nowMs };
}

/** Everything was removed, so that there is nothing to repair. */
export function addRemoved(record: DriftRecord): DriftRecord {
  return { ...record, open: undefined };
}

/** When to repair; undefined when there is nothing to repair or the policy is to leave it. */
export function repairTimeMs(
  { open, repairsInARow, lastRepairMs }: DriftRecord,
  policy: DriftPolicy,
): number | undefined {
  if (open === undefined || policy === "Report") return undefined;
  if (repairsInARow === 0 || lastRepairMs === undefined) return open.atMs;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (repairsInARow - 1));
  return Math.max(open.atMs, lastRepairMs + pauseMs);
}

/** When a fight is over if nothing else happens; undefined when there is none. */
export function calmTimeMs(record: DriftRecord, nowMs: number): number | undefined {
  return isFight(record, nowMs) ? lastTroubleMs(record) + calmMs : undefined;
}

/** Reasons of condition Drifted that other code depends on. */
export const driftReasons = {
  /** An external change stays, because of the policy. */
  reported: "Reported",
} as const;

/** Condition Drifted. Its message changes with repairs, not with every external change, to keep status writes rare. */
export function judgeDrifted(
  record: DriftRecord,
  {
    policy,
    watchProblem,
    nowMs,
  }: {
    readonly policy: DriftPolicy;
    /** Why external changes are not noticed. */
    readonly watchProblem: string | undefined;
    readonly nowMs: number;
  },
): Pick<Condition, "status" | "reason" | "message"> {
  const { open, repairsInARow, lastChange, lastNamed } = record;
  if (open !== undefined && policy === "Report") {
    const message = `${sentence(open.change)} With drift.policy Report it stays so until the next full sync.`;
    return { status: "True", reason: driftReasons.reported, message };
  }
  if (isFight(record, nowMs)) {
    const last = lastNamed ?? lastChange?.change;
    const message =
      `Other processes keep changing our kernel state: repaired ${repairsInARow} times without a minute of calm, ` +
      `at most every ${longestPauseMs / 1_000} seconds. ${last === undefined ? "" : sentence(last)}`;
    return { status: "True", reason: "RepeatedChanges", message };
  }
  if (open === undefined && watchProblem !== undefined) {
    const message = `External changes are not noticed at once: ${watchProblem}. Full syncs repair them.`;
    return { status: "Unknown", reason: "NotWatched", message };
  }
  if (open === undefined) {
    return {
      status: "False",
      reason: "InStep",
      message: "The kernel holds no external changes.",
    };
  }
  return { status: "True", reason: "Repairing", message: `${sentence(open.change)} It is being repaired.` };
}

/** Who did what, as one sentence. */
export function sentence({ culprit, what }: ForeignChange): string {
  return `${describeCulprit(culprit)} ${what}.`;
}

function isFight(record: DriftRecord, nowMs: number): boolean {
  return record.repairsInARow >= repairsOfAFight && !isCalm(record, nowMs);
}

function isCalm(record: DriftRecord, nowMs: number): boolean {
  return nowMs - lastTroubleMs(record) >= calmMs;
}

function lastTroubleMs({ lastChange, lastRepairMs }: DriftRecord): number {
  return Math.max(lastChange?.atMs ?? -Infinity, lastRepairMs ?? -Infinity);
}
