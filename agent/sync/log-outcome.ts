import type { Logger } from "../../platform/log.ts";
import type { SyncOutcome } from "./sync-outcome.ts";

/** Logs one line per sync; partial syncs are too frequent for level info. */
export function logOutcome(log: Logger, outcome: SyncOutcome): void {
  const elapsedMs = Math.round(outcome.durationMs * 10) / 10;
  const { scope, settings, mode } = outcome;
  if (outcome.kind === "failure") {
    const { reason, message, failures } = outcome;
    log.error(
      { reason, message, failures, mode, scope, revision: settings.revision, elapsedMs },
      "sync failed",
    );
    return;
  }
  const { changes, servicePorts, endpoints, rejected } = outcome.report;
  const [, ...others] = outcome.modes;
  const fields = {
    mode,
    ...(others.length === 0 ? {} : { otherModes: others }),
    scope,
    revision: settings.revision,
    changes,
    servicePorts,
    endpoints,
    elapsedMs,
  };
  if (rejected.length > 0)
    log.warn({ ...fields, rejected: rejected.slice(0, 10) }, "synced without some Services");
  else if (scope === "full") log.info(fields, "synced");
  else log.debug(fields, "synced");
}
