import type { NodeProxySpec, ProxyMode } from "../../crds/api.ts";
import type { SyncScope } from "../dataplane/mode-report.ts";
import type { RoutedSync } from "./routed-sync.ts";

export type SyncOutcome = SyncSuccess | SyncFailure;

interface SyncFacts {
  /** The settings that were, or should have been, applied. */
  readonly settings: NodeProxySpec;
  /** What was done, or tried. */
  readonly scope: SyncScope["kind"];
  readonly durationMs: number;
}

/**
 * The kernel matches the settings and Services known at the start of the sync, except for Services of the modes that
 * {@link RoutedSync.failing} lists.
 */
export interface SyncSuccess extends SyncFacts, RoutedSync {
  readonly kind: "success";
  /** The main mode. */
  readonly mode: ProxyMode;
  /** Why it is not the mode that was asked for; undefined when it is. */
  readonly fallbackReason: string | undefined;
  /** End of the sync, milliseconds since the epoch. */
  readonly at: number;
  /** From the oldest API event in this sync to its end, in milliseconds; undefined when no event asked for it, or a sync failed meanwhile. */
  readonly changeLatencyMs: number | undefined;
  /** When the changed endpoints changed, as their controller says; milliseconds since the epoch. */
  readonly triggerTimes: readonly number[];
}

/** The kernel is as it was, or partly changed; the next sync is a full one. */
export interface SyncFailure extends SyncFacts {
  readonly kind: "failure";
  /** ModeUnsupported: nothing was tried, because the node lacks what every allowed mode needs. */
  readonly reason: "ModeUnsupported" | "SyncFailed";
  /** The main mode; undefined for ModeUnsupported. */
  readonly mode: ProxyMode | undefined;
  /** What went wrong and, where known, what to do about it. */
  readonly message: string;
  /** Failures in a row, this one included. */
  readonly failures: number;
}
