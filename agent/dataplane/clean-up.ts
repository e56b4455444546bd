import type { ProxyMode } from "../../crds/api.ts";
import type { Logger } from "../../platform/log.ts";
import type { DataplaneRunner } from "./runner.ts";

/**
 * Removes what all modes can have left in this node's kernel, and nothing else. Goes on after a failure.
 *
 * @throws AggregateError with what could not be removed
 */
export async function cleanUp({
  runners,
  log,
}: {
  readonly runners: ReadonlyMap<ProxyMode, DataplaneRunner>;
  readonly log: Logger;
}): Promise<void> {
  const failures: unknown[] = [];
  for (const [mode, runner] of runners) {
    try {
      await runner.cleanup();
      log.info({ mode }, "removed all rules of the mode");
    } catch (error) {
      failures.push(error);
      log.error({ mode, error }, "rules of the mode could not be removed");
    } finally {
      await runner.close();
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be removed");
}
