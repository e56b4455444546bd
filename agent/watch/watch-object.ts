import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient, ApiObject } from "../../platform/kube/api-client.ts";
import { runReflector } from "../../platform/kube/reflector.ts";
import type { Resource } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";

/**
 * Follows the one cluster-scoped object of a name. `onChange` gets it whenever it changes, and undefined when it is gone
 * or was never there. Resolves when `signal` aborts and never rejects.
 */
export async function watchObject<Kept>({
  resource,
  name,
  read,
  onChange,
  ...connection
}: {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly name: string;
  readonly read: (object: ApiObject) => Kept;
  readonly onChange: (kept: Kept | undefined) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  let exists = false;
  await runReflector({
    ...connection,
    resource,
    fieldSelector: `metadata.name=${name}`,
    trim: read,
    handler: {
      onUpsert(_, kept) {
        exists = true;
        onChange(kept);
      },
      onDelete() {
        exists = false;
        onChange(undefined);
      },
      onSynced() {
        if (!exists) onChange(undefined);
      },
    },
  });
}
