import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { NftTerminal } from "./nft-terminal.ts";

/** A `sockaddr_nl` without its family: padding, port id 0, and the bit of group NFNLGRP_NFTABLES (7). */
const changesOfRules = "x00000000000040000000";
const netlinkSocket = `SOCKET-RECV:16:3:12:${changesOfRules},rcvbuf=16777216`; // AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER
const maxMessageBytes = 1024 * 1024;

/**
 * Detects changes of the kernel's rules by the messages that the kernel sends at the end of each transaction of any process.
 * Searches them for bytes instead of decoding them: `nft monitor` reads all rules before it starts, and 1.0.6 loses map elements.
 */
export class ChangeMonitor {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #expected = new Map<string, Expectation>();
  #complaint = "";

  private constructor() {
    const socat = ["socat", "-u", "-b", String(maxMessageBytes), netlinkSocket, "STDOUT"];
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...socat], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.on("data", (messages: Buffer) => this.#search(messages, performance.now()));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-1_000);
    });
  }

  /** Resolves when it receives all messages. */
  static async start(): Promise<ChangeMonitor> {
    const monitor = new ChangeMonitor();
    await monitor.measureItself(1);
    return monitor;
  }

  /**
   * Time of the next change that contains one of the names, as `performance.now()`.
   * @param names IPv4 addresses, or parts of the name of a chain
   * @throws Error if no such change arrives in time
   */
  see(names: readonly string[], timeoutMs = 30_000): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const key = names.join(" or ");
    const forget = (): void => {
      clearTimeout(timer);
      this.#expected.delete(key);
    };
    const timer = setTimeout(() => {
      forget();
      reject(
        new Error(
          `no change of ${key} was detected in the kernel within ${timeoutMs} ms. ${this.#complaint}`,
        ),
      );
    }, timeoutMs);
    this.#expected.set(key, {
      needles: names.map(bytesOf),
      onSeen(atMs) {
        forget();
        resolve(atMs);
      },
    });
    return promise;
  }

  /**
   * Time from writing the smallest transaction to a running nft until it is detected here, in milliseconds: an upper bound of what
   * observing adds to a measurement.
   */
  async measureItself(rounds: number): Promise<readonly number[]> {
    const terminal = new NftTerminal();
    const durations: number[] = [];
    try {
      terminal.write("add table ip bench-observer; add set ip bench-observer s { typeof ip saddr; }");
      for (let round = 0; durations.length < rounds; round += 1) {
        const probe = `203.0.113.${round % 250}`;
        const writtenAtMs = performance.now();
        const seen = this.see([probe], 500);
        terminal.write(`flush set ip bench-observer s; add element ip bench-observer s { ${probe} }`);
        const seenAtMs = await seen.catch(() => undefined); // socat may not be listening yet
        if (seenAtMs !== undefined) durations.push(seenAtMs - writtenAtMs);
        else if (round > 20) throw new Error(`socat receives nothing from the kernel. ${this.#complaint}`);
      }
      return durations;
    } finally {
      terminal.close();
    }
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }

  #search(messages: Buffer, atMs: number): void {
    for (const { needles, onSeen } of this.#expected.values()) {
      if (needles.some((needle) => messages.includes(needle))) onSeen(atMs);
    }
  }
}

interface Expectation {
  readonly needles: readonly Buffer[];
  readonly onSeen: (atMs: number) => void;
}

function bytesOf(name: string): Buffer {
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  return isAddress ? Buffer.from(name.split(".").map(Number)) : Buffer.from(name);
}
