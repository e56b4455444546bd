import { execa } from "execa";
import { waitUntil } from "../../../playground/wait-until.ts";

/** Asks pods over UDP from the node. */
export class UdpClient {
  readonly #namespace: string;
  #lastPort = 40_000;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** A source port that was not used yet. */
  newPort(): number {
    return (this.#lastPort += 1);
  }

  /** Which pod answers, or "" when none does. The same source port is the same flow for the kernel. */
  async ask(address: string, port: number, from: number): Promise<string> {
    const target = address.includes(":") ? `UDP6:[${address}]` : `UDP4:${address}`;
    const { stdout } = await execa(
      "ip",
      ["netns", "exec", this.#namespace, "socat", "-t", "0.3", "-", `${target}:${port},sourceport=${from}`],
      { input: "x", reject: false },
    );
    return stdout.split(" ")[0] ?? "";
  }

  async untilAnswers(expected: string, address: string, port: number, from: number): Promise<void> {
    await waitUntil(`"${expected}" from ${address} port ${port}`, async () => {
      return (await this.ask(address, port, from)) === expected;
    });
  }
}
