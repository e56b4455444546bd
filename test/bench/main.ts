/** `make bench`: speed and memory of the agent on this machine. Prints tables, writes figures to `.bench/latest.jsonl`. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, TerminalError } from "../../platform/errors.ts";
import type { CaseMessage } from "./case/messages.ts";
import type { Figure } from "./figures.ts";
import { describeMachine } from "./machine.ts";
import { readOptions, type BenchOptions } from "./options.ts";
import { planCases } from "./plan-cases.ts";
import { renderReport, writeReport } from "./report/write-report.ts";
import { missingForBench } from "./requirements.ts";
import { runCase } from "./run-case.ts";

const outputFolder = join(import.meta.dirname, "../../.bench");
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

try {
  const options = readOptions();
  if (options !== undefined) process.exitCode = await run(options);
} catch (error) {
  const hint = error instanceof TerminalError ? `. ${error.hint}` : "";
  process.stderr.write(`bench: ${errorMessage(error)}${hint}\n`);
  process.exitCode = 1;
}

/** The exit code: 0 if every case completed. */
async function run(options: BenchOptions): Promise<number> {
  const missing = await missingForBench(options);
  if (missing !== undefined) throw new Error(missing);
  await rm(outputFolder, { recursive: true, force: true });
  await mkdir(outputFolder, { recursive: true });
  const machine = await describeMachine();
  say(machine);
  const { cases, omissions } = planCases(options, outputFolder);
  const figures: Figure[] = [];
  const notes = [...omissions];
  let failures = 0;
  for (const description of cases) {
    const { candidate, size, folder } = description;
    const title = `${candidate.kind}, ${size.services} Services x ${size.endpoints}`;
    const take = (message: CaseMessage): void => {
      if (message.kind === "progress") say(`${title}: ${message.text}`);
      else if (message.kind === "note") notes.push(message.text);
      else figures.push(message.figure);
    };
    try {
      await runCase(description, take, stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return 1;
      failures += 1;
      notes.push(`${title}: ended early, ${errorMessage(error)} (logs in ${folder})`);
    }
    await writeReport(outputFolder, { machine, figures, notes }); // even if the run is stopped early
  }
  say(`\n${renderReport({ machine, figures, notes })}`);
  say(`Results are also in ${outputFolder}: latest.jsonl, latest.md and charts.`);
  return failures === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
