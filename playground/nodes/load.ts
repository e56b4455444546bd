import { NamespaceProgram } from "./namespace-program.ts";

/** Continuous TCP or UDP traffic to one address. */
export interface LoadOptions {
  readonly namespace: string;
  readonly protocol: "TCP" | "UDP";
  readonly address: string;
  readonly port: number;
  readonly sourceAddress?: string;
  /** The traffic ends by itself after this time. */
  readonly durationMs: number;
  /** How many ask at the same time. @default 1 */
  readonly workers?: number;
  /** Pause of each worker after a request. @default 10 */
  readonly intervalMs?: number;
  /** Each worker keeps one TCP connection and asks on it again and again, to see whether it survives. @default false */
  readonly keepConnection?: boolean;
  /** For one request. Long, because a busy machine keeps programs waiting too; see {@link LoadSummary.resentSyns}. @default 5000 */
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
   * How often the first packet of a TCP connection was sent again because nothing came back within a second. Tells packets
   * that were lost on the way from programs that had to wait for a CPU: both ends of this are the kernel's. Counts all
   * connections that were opened in the namespace meanwhile.
   */
  readonly resentSyns: number;
  /** Longest time that one worker was without an answer. */
  readonly longestGapMs: number;
}

/** Running traffic. */
export interface Load {
  /** Resolves when each worker has had its first answer or failure: all kept connections are there. */
  readonly started: Promise<void>;
  /** Lets requests under way finish, ends the traffic and resolves with what happened in all. Call it once. */
  stop(): Promise<LoadSummary>;
  /** Waits for the end of `durationMs`. Call it once, instead of stop. */
  finish(): Promise<LoadSummary>;
  /** Ends the traffic without a summary. Idempotent. */
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
  started.catch(() => {}); // Whoever waits for the summary is told the same.
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

/** Our own program wrote the line. */
function parseLoadSummary(line: string): LoadSummary {
  return JSON.parse(line) as LoadSummary;
}
