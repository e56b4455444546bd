/**
 * A process that commits ports 1 to COUNT to a set and ends by SIGKILL while nft has read nothing of it yet:
 * `node killed-commit.ts NETNS TABLE COUNT WIDTH`. Each command has WIDTH characters, almost all of them spaces: what is left
 * of the text when it is cut somewhere is nearly always valid.
 */
import { setTimeout } from "node:timers/promises";
import type { CommandRunner } from "../../agent/kernel/command/command.ts";
import { createCommandRunner } from "../../agent/kernel/command/command-runner.ts";
import { createNftSession } from "../../agent/kernel/nft/nft-session.ts";
import { silentLogger } from "../../platform/log.ts";

const [netns = "", table = "", count = "", width = ""] = process.argv.slice(2);
const real = createCommandRunner({ netns, log: silentLogger });

function end(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Waits for the program, which has all of its input from its start. */
async function endOnceStarted(): Promise<void> {
  while (!process.getActiveResourcesInfo().includes("ProcessWrap")) await setTimeout(1);
  end();
}

const commands: CommandRunner = {
  run(...call) {
    void endOnceStarted();
    return real.run(...call);
  },
  start(...call) {
    const child = real.start(...call);
    return {
      ...child,
      write(text) {
        child.write(text);
        end();
      },
    };
  },
};

const addPort = (port: number): string => `add element ip ${table} ports { ${port} }`.padEnd(Number(width));
await createNftSession({ commands, table, log: silentLogger }).commit({
  family: "ip",
  commands: Array.from({ length: Number(count) }, (_, index) => addPort(index + 1)),
});
