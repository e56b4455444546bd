import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Writable } from "node:stream";

/** A running `nft -i`, for transactions that must not wait for a process to start. */
export class NftTerminal {
  readonly #child: ChildProcessByStdio<Writable, null, null>;

  constructor() {
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "nft", "-i"], {
      stdio: ["pipe", "ignore", "inherit"],
      env: { ...process.env, HOME: "/nonexistent" }, // otherwise it writes a history there
    });
    this.#child.stdin.on("error", () => {}); // a write after its end
  }

  /** One line is one transaction. */
  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}
