import type { Cluster } from "../cluster.ts";

/** Prints the demo and counts its checks. */
export class Stage {
  readonly #write: (text: string) => void;
  readonly #color: boolean;
  passed = 0;
  failed = 0;

  constructor({ write, color }: { readonly write: (text: string) => void; readonly color: boolean }) {
    this.#write = write;
    this.#color = color;
  }

  title(text: string): void {
    this.#write(`\n${this.#paint("1", text)}\n`);
  }

  say(text: string): void {
    this.#write(`  ${text}\n`);
  }

  /** Counts a check and prints it with what was observed. */
  check(claim: string, holds: boolean, seen: string): void {
    if (holds) this.passed += 1;
    else this.failed += 1;
    const mark = holds ? this.#paint("32", "ok  ") : this.#paint("31", "FAIL");
    this.#write(`  ${mark} ${claim}${seen === "" ? "" : ` ${this.#paint("2", `(${seen})`)}`}\n`);
  }

  /** Runs kubectl, prints the command and its output, and returns the output. */
  async kubectl(
    cluster: Pick<Cluster, "kubectl">,
    args: readonly string[],
  ): Promise<{ exitCode: number; output: string }> {
    this.#write(`  ${this.#paint("36", `$ kubectl ${args.map(quoteForDisplay).join(" ")}`)}\n`);
    const { exitCode, stdout, stderr } = await cluster.kubectl(args);
    const output = [stdout, stderr].filter((part) => part !== "").join("\n");
    for (const line of output.split("\n")) this.#write(`    ${line}\n`);
    return { exitCode, output };
  }

  #paint(code: string, text: string): string {
    return this.#color ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}

function quoteForDisplay(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument}'`;
}
