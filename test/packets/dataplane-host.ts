/**
 * Runs the dataplane of one mode in the network namespace it is started in, for {@link HostedDataplane}: reads a request in each
 * line of standard input, prints an answer to each, ends with its input.
 */
import { createInterface } from "node:readline";
import { dataplanes } from "../../agent/dataplane/dataplanes.ts";
import { createRunner, type DataplaneRunner } from "../../agent/dataplane/runner.ts";
import { createCommandRunner } from "../../agent/kernel/command/command-runner.ts";
import { countConnections } from "../../agent/node-services/connections/count-connections.ts";
import { assertNever } from "../../platform/assert-never.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { silentLogger } from "../../platform/log.ts";
import { ScenarioAgent } from "../support/scenario-agent.ts";
import type { HostOptions, HostReply, HostRequest } from "./hosted-dataplane.ts";

const { mode, node } = parseOptions(process.argv[2] ?? "");
const commands = createCommandRunner({ log: silentLogger });
const runner = createModeRunner();
const { dataplane } = runner;
const agent = new ScenarioAgent(node, runner);

createInterface({ input: process.stdin })
  .on("line", (line) => void answer(line))
  .on("close", () => void runner.close());

function createModeRunner(): DataplaneRunner {
  const create = dataplanes[mode];
  if (create === undefined) throw new RangeError(`this build has no mode ${mode}`);
  return createRunner(create, { commands, log: silentLogger, clock: systemClock });
}

async function answer(line: string): Promise<void> {
  const { id, ...request } = parseRequest(line);
  const reply = await perform(request).then(
    (result): HostReply => ({ result }),
    (error: unknown): HostReply => ({ failure: errorMessage(error) }),
  );
  process.stdout.write(`${JSON.stringify({ ...reply, id })}\n`);
}

async function perform(request: HostRequest): Promise<unknown> {
  switch (request.kind) {
    case "missingRequirements":
      return await dataplane.missingRequirements();
    case "supports":
      return dataplane.abilities.algorithms.has(request.algorithm);
    case "program":
      return await agent.program(request.state);
    case "cleanUp":
      return await agent.cleanUp();
    case "forgetFlows":
      for (const family of ["ipv4", "ipv6"]) await commands.run("conntrack", ["-F", "-f", family]);
      return undefined;
    case "countFrontends":
      return await dataplane.readFrontendCounts?.();
    case "countConnections":
      return [...(await (dataplane.countConnections?.() ?? countConnections(commands)))];
    case "close":
      return await runner.close();
    default:
      return assertNever(request);
  }
}

/** Our own test started the program; likewise below. */
function parseOptions(argument: string): HostOptions {
  return JSON.parse(argument) as HostOptions;
}

function parseRequest(line: string): HostRequest & { readonly id: number } {
  return JSON.parse(line) as HostRequest & { readonly id: number };
}
