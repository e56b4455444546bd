import type { Logger } from "../../platform/log.ts";
import { modeProblem, type SettingsLadder, waitReasons } from "./ladder.ts";

/** Logs one line when new settings arrive, wait or cannot be used; nothing while that stays the same. */
export function logSettings(log: Logger, now: SettingsLadder, before: SettingsLadder): void {
  const { newest, unusable } = now;
  if (unusable !== undefined && unusable !== before.unusable)
    log.warn({ reason: unusable }, "the NodeProxy cannot be used, keeping the current settings");
  if (newest === undefined) return;
  const { configName, revision, config } = newest;
  if (newest !== before.newest) {
    log.info({ config: configName, revision, mode: config.mode }, "new settings");
    if (waitReasons(now).includes("Namespaces"))
      log.info({ revision, waitingFor: ["Namespaces"] }, "new settings wait");
  }
  const reason = modeProblem(now);
  if (reason !== undefined && reason !== modeProblem(before))
    log.warn({ revision, reason }, "new settings wait for a mode the node can run");
}
