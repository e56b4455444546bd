import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "./command.ts";
import { invoke } from "./invocation.ts";
import { runCommand } from "./run-command.ts";
import { startCommand } from "./start-command.ts";

export interface CommandRunnerOptions {
  /** Runs everything in this named network namespace, for tests and the playground. */
  readonly netns?: string;
  readonly log: Logger;
}

/** Runs programs of the host. */
export function createCommandRunner({ netns, log }: CommandRunnerOptions): CommandRunner {
  return {
    async run(command, args, options = {}) {
      const result = await runCommand(invoke(command, args, netns), options);
      const { exitCode, durationMs } = result;
      log.debug({ command, args, exitCode, durationMs: Math.round(durationMs) }, "ran a command");
      return result;
    },
    start: (command, args, options) => startCommand(invoke(command, args, netns), options),
  };
}
