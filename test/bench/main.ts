/** `make bench`: speed and memory of the agent on this machine. Tables on the screen, figures in `.bench/latest.jsonl`. */
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, TerminalError } from "../../platform/errors.ts";
import type { CaseMessage } from "./case/messages.ts";
import type { Figure } from "./figures.ts";
import { describeMachine } from "./machine.ts";
import { readOptions, type BenchOptions } from "./options.ts";
import { renderFigures } from "./report/render-figures.ts";
import { missingForBench } from "./requirements.ts";
import { runCase } from "./run-case.ts";

const outputFolder = join(import.meta.dirname, "../../.bench");
const figuresFile = join(outputFolder, "latest.jsonl");
const stop = new AbortController();
process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());

try {
  const options = readOptions();
  if (options !== undefined) process.exitCode = await run(options);
} catch (error) {
  const hint = error instanceof TerminalError ? `. ${error.hint}` : "";
  process.stderr.write(`bench: ${errorMessage(error)}${hint}\n`);
  process.exitCode = 1;
}

/** The exit code: 0 when every case ran to its end. */
async function run({ sizes, steps, agent }: BenchOptions): Promise<number> {
  const missing = await missingForBench(agent);
  if (missing !== undefined) throw new Error(missing);
  await mkdir(outputFolder, { recursive: true });
  await writeFile(figuresFile, "");
  const machine = await describeMachine();
  say(machine);
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const size of sizes) {
    const title = `kubesteer, ${size.services} Services x ${size.endpoints} endpoints`;
    const folder = join(outputFolder, `${size.services}x${size.endpoints}`);
    await rm(folder, { recursive: true, force: true });
    const place = { namespace: `ksbench-${process.pid}`, signal: stop.signal };
    const take = (message: CaseMessage): void => {
      if (message.kind === "figure") figures.push(message.figure);
      else if (message.kind === "note") notes.push(message.text);
      else say(`${title}: ${message.text}`);
    };
    try {
      await runCase({ proxy: "kubesteer", agent, size, steps, folder }, place, take);
    } catch (error) {
      if (stop.signal.aborted) return 1;
      notes.push(`${title} ended early: ${errorMessage(error)} (logs in ${folder})`);
    }
    await appendFigures(
      figures.filter((figure) => figure.services === size.services && figure.endpoints === size.endpoints),
    );
  }
  const report = `${machine}\n\n${renderFigures(figures)}${notes.map((text) => `\n${text}\n`).join("")}`;
  await writeFile(join(outputFolder, "latest.md"), report);
  process.stdout.write(`\n${report}\n`);
  return 0;
}

async function appendFigures(figures: readonly Figure[]): Promise<void> {
  await appendFile(figuresFile, figures.map((figure) => `${JSON.stringify(figure)}\n`).join(""));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
