import { errorMessage } from "../../../platform/errors.ts";
import { backoffDelayMs } from "../../../platform/async/backoff.ts";
import type { Clock } from "../../../platform/async/clock.ts";
import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../command/command.ts";
import { listenToNftables } from "./netlink-socket.ts";
import { type SeenTransaction, TransactionReader } from "./transaction-reader.ts";

export interface NftListenerOptions {
  readonly commands: CommandRunner;
  readonly table: string;
  /** Called for each transaction that has changed the table, whichever process made it. */
  readonly onTransaction: (transaction: SeenTransaction) => void;
  /** Transactions are seen from now on; earlier ones may have been missed. */
  readonly onListening: () => void;
  /** Listening broke off or could not start, for the given number of times in a row; it is retried. */
  readonly onBroken: (reason: string, failures: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reports the transactions that change one table. */
export interface NftListener {
  /** Listens until `signal` aborts, and starts again when it breaks off. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const retryBackoff = { baseDelayMs: 100, maxDelayMs: 30_000 };
/** After listening this long, failures are counted from 0 again. */
const steadyMs = 10_000;

/**
 * Listens to the kernel's own messages: unlike `nft monitor`, which reads the whole ruleset first and keeps it, this takes 5 MB
 * and no CPU time while nothing changes.
 */
export function createNftListener(options: NftListenerOptions): NftListener {
  const { onBroken, clock, log } = options;
  return {
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        const startMs = clock.monotonicMs();
        const reason = await listenOnce(options, signal);
        if (signal.aborted) return;
        failures = clock.monotonicMs() - startMs >= steadyMs ? 1 : failures + 1;
        log.debug({ reason, failures }, "listening to changes of nftables broke off and begins again");
        onBroken(reason, failures);
        await clock.sleep(backoffDelayMs(failures, retryBackoff), signal);
      }
    },
  };
}

/** Resolves with the reason why it ended. */
async function listenOnce(options: NftListenerOptions, signal: AbortSignal): Promise<string> {
  const { commands, table, onTransaction, onListening, log } = options;
  const reader = new TransactionReader(table);
  const unreadable = new AbortController();
  return await listenToNftables({
    commands,
    onOpen: onListening,
    onBytes(bytes) {
      try {
        for (const transaction of reader.push(bytes)) onTransaction(transaction);
      } catch (error) {
        log.warn({ reason: errorMessage(error) }, "the kernel's messages about nftables cannot be read");
        unreadable.abort();
      }
    },
    signal: AbortSignal.any([signal, unreadable.signal]),
  });
}
