import { runProgram } from "../platform/lifecycle.ts";
import { createLogger } from "../platform/logger.ts";
import { runOperator } from "./operator.ts";
import { OptionsError, readCommand, usage } from "./options.ts";

const name = "kubesteer-operator";

/** For flags that are not understood, as most programs use it; failures at run time end with 1. */
const usageExitCode = 2;

try {
  const command = readCommand();
  if (command.kind === "help") {
    process.stdout.write(usage);
  } else {
    const { options } = command;
    const log = createLogger({ level: options.logLevel, name });
    await runProgram({ name, log, main: (signal) => runOperator(options, { log, signal }) });
  }
} catch (error) {
  if (!(error instanceof OptionsError)) throw error;
  process.stderr.write(`${name}: ${error.message}. ${error.hint}\n`);
  process.exitCode = usageExitCode;
}
