import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { basename, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface NamespaceProgramOptions {
  readonly namespace: string;
  /** A Node.js program: the name of a file in this folder, or an absolute path. */
  readonly program: string;
  /** Its first command line argument, as JSON. */
  readonly argument?: object;
  /** Maximum size of its heap. @default 64 */
  readonly heapMegabytes?: number;
}

/** A Node.js program that runs in a network namespace and communicates in lines. */
export class NamespaceProgram {
  readonly #label: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #complaint = "";

  /** Starts the program. The kernel kills it when this process dies. */
  constructor(options: NamespaceProgramOptions) {
    this.#label = `${basename(options.program)} in ${options.namespace}`;
    const enter = ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", options.namespace];
    const child = spawn("setpriv", [...enter, ...nodeCommand(options)], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.#exited = once(child, "close");
    this.#exited.catch(() => {});
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.on("error", () => {}); // a broken pipe is detected as the end of the output
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#complaint = (this.#complaint + chunk).slice(0, 4_096);
    });
  }

  writeLine(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Closes the input of the program, which then ends. */
  endInput(): void {
    this.#child.stdin.end();
  }

  /** The next line of output. If the program has ended, rejects with its standard error. */
  async readLine(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done !== true) return value;
    await this.#exited; // rejects if the program could not be started
    throw new Error(`${this.#label} has ended: ${this.#complaint || "without an error message"}`);
  }

  /** Stops the program and resolves when it has ended. Idempotent. */
  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited.catch(() => {});
  }
}

function nodeCommand({ program, argument, heapMegabytes = 64 }: NamespaceProgramOptions): readonly string[] {
  return [
    process.execPath,
    "--max-semi-space-size=1",
    `--max-old-space-size=${heapMegabytes}`,
    resolve(import.meta.dirname, program),
    ...(argument === undefined ? [] : [JSON.stringify(argument)]),
  ];
}
