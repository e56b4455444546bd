import { NamespaceProgram } from "./namespace-program.ts";

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
  /** By name of the pod: how often it answered, and the addresses it saw. */
  readonly answers: Readonly<Record<string, { readonly count: number; readonly peers: readonly string[] }>>;
  /** How often there was none, by reason: `timeout`, `ECONNREFUSED` and other errno names, `closed`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Pods in the order in which they answered. */
  readonly sequence: readonly string[];
}

/** Makes requests from one network namespace, all in one long-lived process. */
export class Prober {
  readonly #program: NamespaceProgram;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(namespace: string) {
    this.#program = new NamespaceProgram({ namespace, program: "probe.mjs" });
  }

  /** Jobs of one prober run one after the other. */
  async probe(job: ProbeJob): Promise<ProbeResult> {
    const result = this.#queue.then(async () => {
      this.#program.writeLine(JSON.stringify(job));
      return parseProbeResult(await this.#program.readLine());
    });
    this.#queue = result.catch(() => {});
    return await result;
  }

  async close(): Promise<void> {
    await this.#program.close();
  }
}

/** Our own program wrote the line. */
function parseProbeResult(line: string): ProbeResult {
  return JSON.parse(line) as ProbeResult;
}
