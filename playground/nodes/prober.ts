import { RequestProgram } from "./request-program.ts";

/** Requests to send one after the other (or `concurrency` in parallel), each on its own connection. */
export interface ProbeJob {
  readonly protocol: "TCP" | "UDP";
  readonly address: string;
  readonly port: number;
  /** @default 1 */
  readonly count?: number;
  /** @default 1 */
  readonly concurrency?: number;
  /** Pause after each request. @default 0 */
  readonly intervalMs?: number;
  /** Timeout of one request, from the first packet to the answer. @default 1000 */
  readonly timeoutMs?: number;
  /** The source address, if the namespace has several addresses. */
  readonly sourceAddress?: string;
}

export interface ProbeResult {
  /** By name of the pod: how often it answered, the client addresses that it saw, the ports of the requests. */
  readonly answers: Readonly<Record<string, PodAnswers>>;
  /** How often there was no answer, by reason: `timeout`, `ECONNREFUSED` and other errno names, `closed`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Pods in the order in which they answered. */
  readonly sequence: readonly string[];
}

export interface PodAnswers {
  readonly count: number;
  readonly peers: readonly string[];
  readonly ports: readonly number[];
}

/** Sends requests from one network namespace, all in one long-lived process. */
export class Prober {
  readonly #program: RequestProgram;

  constructor(namespace: string) {
    this.#program = new RequestProgram({ namespace, program: "probe.mjs" });
  }

  /** Jobs of one prober run concurrently. */
  async probe(job: ProbeJob): Promise<ProbeResult> {
    return parseProbeResult(await this.#program.request(job));
  }

  /** Stops the process; running probes reject. */
  async close(): Promise<void> {
    await this.#program.close();
  }
}

/** No validation: the answer comes from our own program. */
function parseProbeResult(reply: object): ProbeResult {
  return reply as ProbeResult;
}
