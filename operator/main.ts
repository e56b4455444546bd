import packageJson from "../package.json" with { type: "json" };
import { runProgram } from "../platform/lifecycle.ts";
import { createLogger } from "../platform/logger.ts";
import { readCommand } from "../platform/options/read-command.ts";
import { runOperator } from "./operator.ts";
import { help, parseProcessArguments } from "./options.ts";

const name = "kubesteer-operator";
const { version } = packageJson;

const command = readCommand({ name, version, help }, parseProcessArguments);
if (command !== undefined) {
  const { options } = command;
  const log = createLogger({ level: options.logLevel, name });
  await runProgram({ name, log, main: (signal) => runOperator(options, { log, signal }) });
}
