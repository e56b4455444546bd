import { openSync, closeSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** How to start one program of the playground. */
export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error are appended to this file. */
  readonly logFile: string;
  /** Network namespace of the program; undefined is the one of this process. */
  readonly netns?: string;
}

/** A program that can be killed and restarted. The kernel kills it when this process dies. */
export class ManagedProcess {
  readonly name: string;
  readonly logFile: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#options = options;
  }

  /** undefined while the program is not running. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.#child !== undefined) throw new Error(`${this.name} is already running`);
    const { command, args, netns, env, logFile } = this.#options;
    const log = openSync(logFile, "a");
    const enter = netns === undefined ? [] : ["ip", "netns", "exec", netns];
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...enter, command, ...args], {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    this.#child = child;
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    child.once("error", () => {
      if (this.#child === child) this.#child = undefined;
    });
  }

  /** Sends `signal`, then SIGKILL after 5 s, and resolves when the process has ended; at once if it is not running. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exited = once(child, "exit");
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(force);
  }

  /** Sends a signal such as SIGSTOP; has no effect while the program is not running. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.stop(signal);
    this.start();
  }
}
