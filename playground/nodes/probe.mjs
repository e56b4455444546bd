/**
 * Sends requests to pods from its network namespace: reads one job per line of standard input, runs all jobs concurrently, prints
 * one line for each finished job, and ends with its input. A line has the `id` of its job. Manual use:
 *
 *   echo '{"protocol":"TCP","address":"10.96.0.10","port":80,"count":20}' | ip netns exec demo-client node probe.mjs
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { ask, ExchangeFailure } from "./exchange.mjs";

/** @typedef {import("./exchange.mjs").Target & { count?: number, concurrency?: number, intervalMs?: number }} Job */

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, ...job } = JSON.parse(line);
  void run(job).then((result) => process.stdout.write(`${JSON.stringify({ id, ...result })}\n`));
});

/** @param {Job} job */
async function run({ count = 1, concurrency = 1, intervalMs = 0, ...target }) {
  /** @type {Record<string, { count: number, peers: string[], ports: number[] }>} */
  const answers = {};
  /** @type {Record<string, number>} */
  const failures = {};
  /** @type {string[]} Pods in the order in which they answered. */
  const sequence = [];
  let started = 0;

  async function work() {
    while (started++ < count) {
      try {
        const { backend, peer, port } = await ask({ ...target, timeoutMs: target.timeoutMs ?? 1000 });
        const seen = (answers[backend] ??= { count: 0, peers: [], ports: [] });
        seen.count += 1;
        if (!seen.peers.includes(peer)) seen.peers.push(peer);
        if (!seen.ports.includes(port)) seen.ports.push(port);
        sequence.push(backend);
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error;
        failures[error.reason] = (failures[error.reason] ?? 0) + 1;
      }
      if (intervalMs > 0) await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  return { answers, failures, sequence };
}
