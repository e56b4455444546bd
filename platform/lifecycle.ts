import { TerminalError } from "./errors.ts";
import type { Logger } from "./log.ts";

/**
 * Runs a program's `main` until it ends. SIGTERM and SIGINT abort its signal; a second one ends the process at once. A
 * failure, including an unhandled rejection, sets `process.exitCode` to 1; the process ends when nothing keeps it running.
 *
 * Without `log`, as in command line tools, a failure is printed as a sentence to stderr.
 */
export async function runProgram({
  name,
  main,
  log,
}: {
  readonly name: string;
  readonly main: (signal: AbortSignal) => Promise<void>;
  readonly log?: Logger;
}): Promise<void> {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    log?.info({ signal }, "stopping");
    stop.abort();
    // The next signal has Node.js's default effect. The listeners are not removed within this one, because another library with
    // a listener (execa's signal-exit) would find that it is the only one and end the process by the signal.
    setImmediate(() => removeSignalHandlers(onSignal));
  };
  const onUnhandledRejection = (error: unknown) => {
    reportFailure(name, error, log);
    stop.abort();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal).on("unhandledRejection", onUnhandledRejection);
  try {
    await main(stop.signal);
  } catch (error) {
    reportFailure(name, error, log);
  } finally {
    removeSignalHandlers(onSignal);
    process.off("unhandledRejection", onUnhandledRejection);
  }
}

function removeSignalHandlers(handler: (signal: NodeJS.Signals) => void): void {
  process.off("SIGTERM", handler).off("SIGINT", handler);
}

function reportFailure(name: string, error: unknown, log: Logger | undefined): void {
  process.exitCode = 1;
  if (error instanceof TerminalError) {
    const sentence = `${error.message}. ${error.hint}`;
    if (log === undefined) process.stderr.write(`${name}: ${sentence}\n`);
    else log.error({ hint: error.hint }, error.message);
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (log === undefined) process.stderr.write(`${name}: ${text}\n`);
  else log.error({ error }, "failed");
}
