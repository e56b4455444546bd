import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** One of the small programs of this folder, running in a network namespace and talking in lines. */
export class NamespaceProgram {
  readonly #label: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #complaint = "";

  /** Starts `program`, a file beside this one. The kernel kills it when this process dies. */
  constructor(options: {
    readonly namespace: string;
    readonly program: "pod-server.mjs" | "probe.mjs" | "load.mjs";
    readonly argument?: object;
  }) {
    const { namespace, program, argument } = options;
    this.#label = `${program} in ${namespace}`;
    const file = fileURLToPath(new URL(program, import.meta.url));
    const node = [process.execPath, "--max-semi-space-size=1", "--max-old-space-size=64"];
    const command = [...node, file, ...(argument === undefined ? [] : [JSON.stringify(argument)])];
    const child = spawn(
      "setpriv",
      ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", namespace, ...command],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    this.#child = child;
    this.#exited = once(child, "close");
    this.#exited.catch(() => {});
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.on("error", () => {}); // a broken pipe shows as the end of the output
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#complaint = (this.#complaint + chunk).slice(0, 4_096);
    });
  }

  writeLine(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Tells the program that no more is coming: all of them end then. */
  endInput(): void {
    this.#child.stdin.end();
  }

  /** The next line of output. Rejects with what the program said on standard error when it has ended instead. */
  async readLine(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done !== true) return value;
    await this.#exited; // rejects when the program could not be started at all
    throw new Error(`${this.#label} has ended: ${this.#complaint || "without an error message"}`);
  }

  /** Ends the program and resolves when it has gone. Idempotent. */
  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited.catch(() => {});
  }
}
