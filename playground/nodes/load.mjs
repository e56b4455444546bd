/**
 * Sends continuous traffic to one address from its network namespace, for a limited time or until its standard input closes.
 * Prints "started" when each worker has got an answer or a failure, and at the end one line of JSON with the numbers of
 * requests, answers and failures.
 * Each worker sends a request every `intervalMs`: on a new connection each time, or on one kept connection (`keepConnection`).
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { ask, Connection, ExchangeFailure } from "./exchange.mjs";

/**
 * @typedef {import("./exchange.mjs").Target &
 *   { durationMs: number, workers: number, intervalMs: number, keepConnection: boolean }} Load
 */

/** @type {Load} */
const load = JSON.parse(process.argv[2] ?? "");
const deadline = performance.now() + load.durationMs;
const stopped = new AbortController();
process.stdin.resume().once("end", () => stopped.abort());

const resentSynsBefore = countResentSyns();
let requests = 0;
let longestGapMs = 0;
let waitingWorkers = load.workers;
/** @type {Record<string, number>} */
const answers = {};
/** @type {Record<string, number>} */
const failures = {};

await Promise.all(Array.from({ length: load.workers }, work));
const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
const resentSyns = countResentSyns() - resentSynsBefore;
const summary = {
  requests,
  failed,
  answers,
  failures,
  resentSyns,
  longestGapMs: Math.round(longestGapMs),
};
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exit();

async function work() {
  let lastAnswerAt = performance.now();
  let connection = load.keepConnection ? new Connection(load) : undefined;
  let isFirst = true;
  while (!stopped.signal.aborted && performance.now() < deadline) {
    requests += 1;
    try {
      const { backend } = await (connection === undefined ? ask(load) : connection.ask());
      answers[backend] = (answers[backend] ?? 0) + 1;
      const now = performance.now();
      longestGapMs = Math.max(longestGapMs, now - lastAnswerAt);
      lastAnswerAt = now;
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      failures[error.reason] = (failures[error.reason] ?? 0) + 1;
      if (connection !== undefined) connection = new Connection(load);
    }
    if (isFirst) tellStart();
    isFirst = false;
    await new Promise((resolve) => setTimeout(resolve, load.intervalMs));
  }
  connection?.close();
}

function tellStart() {
  waitingWorkers -= 1;
  if (waitingWorkers === 0) process.stdout.write("started\n");
}

/** Counts all TCP connections that were opened in this network namespace. Linux: counter TCPSynRetrans in net/netstat. */
function countResentSyns() {
  const rows = readFileSync("/proc/self/net/netstat", "utf8").split("\n");
  const [names = [], values = []] = rows
    .filter((row) => row.startsWith("TcpExt:"))
    .map((row) => row.split(" "));
  return Number(values[names.indexOf("TCPSynRetrans")]);
}
