/** A program that uses `runProgram`, for `lifecycle.test.ts`: the first argument selects the behaviour of its main, `log` adds a logger. */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { TerminalError } from "../../../platform/errors.ts";
import { runProgram } from "../../../platform/lifecycle.ts";
import { createLogger } from "../../../platform/logger.ts";

const [behaviour = "", withLog] = process.argv.slice(2);

async function aborted(signal: AbortSignal): Promise<void> {
  const open = setInterval(() => {}, 1_000);
  process.stdout.write("running\n");
  await once(signal, "abort");
  clearInterval(open);
}

const mains: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>> = {
  async stopsWhenAsked(signal) {
    await aborted(signal);
    process.stdout.write("stopped\n");
  },
  async doesNotStop(signal) {
    await aborted(signal);
    await delay(0); // the handlers of the first signal are removed after this turn of the event loop
    process.stdout.write("still running\n");
    await delay(60_000);
  },
  async failsTerminally() {
    throw new TerminalError("the kubeconfig /none does not exist", { hint: "Specify another one" });
  },
  async fails() {
    throw new Error("the disk is full");
  },
  async leavesRejection(signal) {
    setImmediate(() => void Promise.reject(new Error("unhandled rejection")));
    await aborted(signal);
    process.stdout.write("stopped\n");
  },
};

const main = mains[behaviour];
if (main === undefined) throw new Error(`no behaviour "${behaviour}"`);
await runProgram({
  name: "program",
  main,
  ...(withLog === undefined ? {} : { log: createLogger({ name: "program", level: "info" }) }),
});
