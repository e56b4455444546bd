import { errorMessage } from "../../../platform/errors.ts";
import { backoffDelayMs } from "../../../platform/async/backoff.ts";
import type { Clock } from "../../../platform/async/clock.ts";
import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../command/command.ts";
import { NetlinkStream } from "./netlink-messages.ts";
import { type NftChange, type NftCommitted, parseNftEvent } from "./nft-events.ts";

/** A transaction that changed our table. */
export interface SeenTransaction extends Pick<NftCommitted, "processId" | "processName"> {
  /** What it changed in our table and how often, in the order of the first of each sort. */
  readonly changes: readonly CountedChange[];
  /** The numbers it wrote into the revision set: those of our own transactions are known. */
  readonly revisions: readonly number[];
}

/** Changes of one sort: the same verb, family, object and name. */
export type CountedChange = Omit<NftChange, "kind" | "revision"> & { readonly count: number };

export interface NftListenerOptions {
  readonly commands: CommandRunner;
  readonly table: string;
  /** Each transaction that changes the table, whoever made it, once it has taken effect. */
  readonly onTransaction: (transaction: SeenTransaction) => void;
  /** From now on transactions are seen; those before may have been missed. */
  readonly onListening: () => void;
  /** Listening broke off, or could not begin, so many times in a row, this one included; it is tried again. */
  readonly onBroken: (reason: string, failures: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells of the transactions that change one table. */
export interface NftListener {
  /** Listens until `signal` aborts and begins again where it breaks off. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * socat as a netlink socket: domain AF_NETLINK, type SOCK_RAW, protocol NETLINK_NETFILTER, bound to the group
 * NFNLGRP_NFTABLES. Its receive buffer has 64 MiB (SO_RCVBUFFORCE), which holds the events of a transaction of 100,000
 * elements; overflow ends socat. The end of its standard input ends it too, so that it never outlives the agent.
 */
const socatArguments = [
  "-dd",
  "-b65536",
  "-t0.01",
  "STDIO",
  "SOCKET-DATAGRAM:16:3:12:x0000x00000000x00000000,bind=x0000x00000000x40000000,setsockopt-listen=1:33:i33554432",
];
const listeningMarker = "starting data transfer loop";
const retryBackoff = { baseDelayMs: 100, maxDelayMs: 30_000 };
/** Having listened so long, the next attempt counts as the first again. */
const steadyMs = 10_000;

/**
 * Listens to the kernel's own messages: unlike `nft monitor`, which reads the whole ruleset first and keeps it, this takes 5 MB
 * and no time of the processor while nothing changes.
 */
export function createNftListener(options: NftListenerOptions): NftListener {
  const { commands, table, onTransaction, onListening, onBroken, clock, log } = options;

  async function listen(signal: AbortSignal): Promise<string> {
    const stream = new NetlinkStream();
    let changes = new ChangeCounts();
    let diagnostics = "";
    let isListening = false;
    const socat = commands.start("socat", socatArguments, {
      encoding: "latin1",
      onStdout(bytes) {
        if (signal.aborted) return;
        try {
          for (const message of stream.push(Buffer.from(bytes, "latin1"))) {
            const event = parseNftEvent(message, table);
            if (event?.kind === "change") changes.add(event);
            if (event?.kind === "committed") {
              const { processId, processName } = event;
              if (!changes.isEmpty) onTransaction({ processId, processName, ...changes.result() });
              changes = new ChangeCounts();
            }
          }
        } catch (error) {
          log.warn({ reason: errorMessage(error) }, "the kernel's messages about nftables cannot be read");
          void socat.stop();
        }
      },
      onStderr(text) {
        if (isListening || signal.aborted) return;
        diagnostics = (diagnostics + text).slice(-2_000);
        if (!diagnostics.includes(listeningMarker)) return;
        isListening = true;
        onListening();
      },
    });
    const stop = (): void => void socat.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const reason = await socat.ended;
    signal.removeEventListener("abort", stop);
    return reason;
  }

  return {
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        const startMs = clock.monotonicMs();
        const reason = await listen(signal);
        if (signal.aborted) return;
        failures = clock.monotonicMs() - startMs >= steadyMs ? 1 : failures + 1;
        log.debug({ reason, failures }, "listening to changes of nftables broke off and begins again");
        onBroken(reason, failures);
        await clock.sleep(backoffDelayMs(failures, retryBackoff), signal);
      }
    },
  };
}

/** Sums up a transaction while it arrives: a foreign one may have any size. */
class ChangeCounts {
  readonly #counts = new Map<string, CountedChange>();
  readonly #revisions: number[] = [];

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add({ verb, family, object, name, revision }: NftChange): void {
    const key = `${verb} ${family} ${object} ${name}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { verb, family, object, name, count });
    if (revision !== undefined) this.#revisions.push(revision);
  }

  result(): Pick<SeenTransaction, "changes" | "revisions"> {
    return { changes: [...this.#counts.values()], revisions: this.#revisions };
  }
}
