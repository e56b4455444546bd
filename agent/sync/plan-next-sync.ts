/** The input of the decision when the next sync starts. All times in milliseconds of the monotonic clock. */
export interface SyncPace {
  /** Something changed since the last sync started. */
  readonly requested: boolean;
  /** Another process has changed what is in the kernel: a mode has to be refilled. */
  readonly repairRequested: boolean;
  /** When a mode besides the main one that failed is tried again; undefined when none failed. */
  readonly modeRetryAtMs: number | undefined;
  /** End of the last sync, successful or not; undefined before the first. */
  readonly lastEndMs: number | undefined;
  /** End of the last successful full sync; undefined before the first. */
  readonly lastFullMs: number | undefined;
  /** The last sync failed and is not repeated before this time; undefined when it was successful. */
  readonly retryAtMs: number | undefined;
  /** Shortest time from the end of one sync to the start of the next. */
  readonly minPeriodMs: number;
  /** Longest time from one full sync to the next. */
  readonly fullPeriodMs: number;
}

export interface NextSync {
  /** When to start; a time in the past means now. */
  readonly atMs: number;
  /** Whether all Services must be programmed even when only some changed. */
  readonly full: boolean;
}

/** When the next sync starts, if nothing else happens until then, and whether it has to be a full one. */
export function planNextSync(pace: SyncPace): NextSync {
  if (pace.retryAtMs !== undefined) return { atMs: pace.retryAtMs, full: true };
  if (pace.lastEndMs === undefined || pace.lastFullMs === undefined) return { atMs: -Infinity, full: true };
  const fullAtMs = pace.lastFullMs + pace.fullPeriodMs;
  const changeAtMs = pace.requested ? pace.lastEndMs + pace.minPeriodMs : Infinity;
  const partialAtMs = pace.repairRequested ? -Infinity : Math.min(changeAtMs, pace.modeRetryAtMs ?? Infinity);
  return partialAtMs < fullAtMs ? { atMs: partialAtMs, full: false } : { atMs: fullAtMs, full: true };
}
