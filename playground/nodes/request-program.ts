import { NamespaceProgram, type NamespaceProgramOptions } from "./namespace-program.ts";

/**
 * A program in a network namespace that answers requests: reads one per line, each a JSON object with an `id`, and prints one
 * line for each answer, an object with the same `id`, in any order.
 */
export class RequestProgram {
  readonly #program: NamespaceProgram;
  readonly #waiting = new Map<number, PromiseWithResolvers<object>>();
  #lastId = 0;
  #failure: Error | undefined;

  constructor(options: NamespaceProgramOptions) {
    this.#program = new NamespaceProgram(options);
    void this.#receive();
  }

  /** The answer. If the program has ended, rejects with its standard error. */
  async request(body: object): Promise<object> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<object>();
    this.#waiting.set(id, waiting);
    this.#program.writeLine(JSON.stringify({ ...body, id }));
    return await waiting.promise;
  }

  /** Stops the process; running requests reject. */
  async close(): Promise<void> {
    await this.#program.close();
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        const { id, ...reply } = parseReplyLine(await this.#program.readLine());
        this.#waiting.get(id)?.resolve(reply);
        this.#waiting.delete(id);
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      for (const { reject } of this.#waiting.values()) reject(this.#failure);
    }
  }
}

/** No validation: the line comes from our own program. */
function parseReplyLine(line: string): { readonly id: number } {
  return JSON.parse(line) as { readonly id: number };
}
