import { NamespaceProgram } from "./namespace-program.ts";

/** Continuous TCP or UDP traffic to one address. */
export interface LoadOptions {
  readonly namespace: string;
  readonly protocol: "TCP" | "UDP";
  readonly address: string;
  readonly port: number;
  readonly sourceAddress?: string;
  /** The traffic ends after this time. */
  readonly durationMs: number;
  /** Number of parallel workers. @default 1 */
  readonly workers?: number;
  /** Pause of each worker after a request. @default 10 */
  readonly intervalMs?: number;
  /** Each worker sends all requests on one TCP connection, to check whether it survives. @default false */
  readonly keepConnection?: boolean;
  /** Timeout of one request. Long, because programs have to wait on a busy machine; see {@link LoadSummary.resentSyns}. @default 5000 */
  readonly timeoutMs?: number;
}

export interface LoadSummary {
  readonly requests: number;
  readonly failed: number;
  /** By name of the pod. */
  readonly answers: Readonly<Record<string, number>>;
  /** By reason: `timeout`, errno names, `closed` for a kept connection that ended. */
  readonly failures: Readonly<Record<string, number>>;
  /**
   * How often the first packet of a TCP connection was retransmitted because no reply arrived within a second. Distinguishes
   * lost packets from programs that had to wait for a CPU, because only the kernel is involved on both sides. Counts all
   * connections that were opened in the namespace in this time.
   */
  readonly resentSyns: number;
  /** Longest time in which one worker got no answer. */
  readonly longestGapMs: number;
}

/** Running traffic. */
export interface Load {
  /** Resolves when each worker has got its first answer or failure, so that all kept connections are established. */
  readonly started: Promise<void>;
  /** Lets current requests finish, stops the traffic and resolves with the summary. Call it once. */
  stop(): Promise<LoadSummary>;
  /** Waits for the end of `durationMs`. Call it once, instead of stop. */
  finish(): Promise<LoadSummary>;
  /** Stops the traffic without a summary. Idempotent. */
  close(): Promise<void>;
}

export function startLoad({ namespace, ...target }: LoadOptions): Load {
  const defaults = { workers: 1, intervalMs: 10, keepConnection: false, timeoutMs: 5_000 };
  const program = new NamespaceProgram({
    namespace,
    program: "load.mjs",
    argument: { ...defaults, ...target },
  });
  const start = async (): Promise<void> => void (await program.readLine());
  const started = start();
  started.catch(() => {}); // The promise of the summary rejects with the same error.
  const finish = async (): Promise<LoadSummary> => {
    await started;
    return parseLoadSummary(await program.readLine());
  };
  return {
    started,
    finish,
    async stop() {
      program.endInput();
      return await finish();
    },
    close: () => program.close(),
  };
}

/** No validation: the line comes from our own program. */
function parseLoadSummary(line: string): LoadSummary {
  return JSON.parse(line) as LoadSummary;
}
