import { RequestProgram } from "./request-program.ts";

/** Requests to make one after the other (or `concurrency` at a time), each on a connection of its own. */
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
  /** For one request, from the first packet to the answer. @default 1000 */
  readonly timeoutMs?: number;
  /** The address to ask from where the namespace has several. */
  readonly sourceAddress?: string;
}

export interface ProbeResult {
  /** By name of the pod: how often it answered, the addresses it saw, the ports it was asked on. */
  readonly answers: Readonly<Record<string, PodAnswers>>;
  /** How often there was none, by reason: `timeout`, `ECONNREFUSED` and other errno names, `closed`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Pods in the order in which they answered. */
  readonly sequence: readonly string[];
}

export interface PodAnswers {
  readonly count: number;
  readonly peers: readonly string[];
  readonly ports: readonly number[];
}

/** Makes requests from one network namespace, all in one long-lived process. */
export class Prober {
  readonly #program: RequestProgram;

  constructor(namespace: string) {
    this.#program = new RequestProgram({ namespace, program: "probe.mjs" });
  }

  /** Jobs of one prober run at the same time. */
  async probe(job: ProbeJob): Promise<ProbeResult> {
    return parseProbeResult(await this.#program.request(job));
  }

  /** Ends the process; probes under way reject. */
  async close(): Promise<void> {
    await this.#program.close();
  }
}

/** Our own program answered. */
function parseProbeResult(reply: object): ProbeResult {
  return reply as ProbeResult;
}
