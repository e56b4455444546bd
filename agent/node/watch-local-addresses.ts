import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../platform/clock.ts";
import type { IpAddress } from "../../platform/ip/address.ts";

const periodMs = 30_000;

/** Calls `onChange` when the node's addresses have changed, looking every 30 seconds, until `signal` aborts. */
export async function watchLocalAddresses({
  read,
  onChange,
  clock,
  signal,
}: {
  readonly read: () => readonly IpAddress[];
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  let known = read();
  for (;;) {
    await clock.sleep(periodMs, signal);
    if (signal.aborted) return;
    const current = read();
    if (!isDeepStrictEqual(current, known)) onChange();
    known = current;
  }
}
