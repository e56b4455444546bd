import { backoffDelayMs } from "../../platform/async/backoff.ts";
import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { isNotFound } from "../../platform/kube/api-error.ts";
import type { Resource } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";

/** The API server may be upgraded while the agent runs, so ask again this often. */
const absentRetryMs = 600_000;
const failureBackoff = { baseDelayMs: 200, maxDelayMs: 30_000 };

/**
 * Resolves when the API server serves the resource, or when `signal` aborts. Calls `onAbsent` each time the resource is
 * missing. Never rejects: an unreachable API server is asked again.
 */
export async function awaitServed({
  client,
  resource,
  onAbsent,
  clock,
  log,
  signal,
}: {
  readonly client: Pick<ApiClient, "list">;
  readonly resource: Resource;
  readonly onAbsent: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      await client.list(resource, { signal });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (isNotFound(error)) {
        log.info({ resource: resource.plural }, "the API server does not serve the resource");
        onAbsent();
        await clock.sleep(absentRetryMs, signal);
      } else {
        failures += 1;
        log.warn({ resource: resource.plural, reason: errorMessage(error) }, "listing failed, trying again");
        await clock.sleep(backoffDelayMs(failures, failureBackoff), signal);
      }
    }
  }
}
