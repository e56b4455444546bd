import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Figure, Metric } from "../figures.ts";
import { charts, renderChart } from "./render-chart.ts";
import { renderFigures } from "./render-figures.ts";

export interface Report {
  /** Machine and time, as one line. */
  readonly machine: string;
  readonly figures: readonly Figure[];
  /** Notes for the reader of the figures. */
  readonly notes: readonly string[];
}

/** Writes figures as JSON lines, tables as Markdown and charts as SVG. */
export async function writeReport(folder: string, report: Report): Promise<void> {
  const { figures } = report;
  const lines = figures.map((figure) => `${JSON.stringify(figure)}\n`);
  await writeFile(join(folder, "latest.jsonl"), lines.join(""));
  await writeFile(join(folder, "latest.md"), renderReport(report));
  for (const [metric, title] of Object.entries(charts) as [Metric, string][]) {
    if (!figures.some((figure) => figure.metric === metric)) continue;
    await writeFile(join(folder, `${metric}.svg`), renderChart(metric, title, figures));
  }
}

export function renderReport({ machine, figures, notes }: Report): string {
  const list = notes.map((text) => `- ${text}\n`).join("");
  return [`${machine}\n`, renderFigures(figures), ...(list === "" ? [] : [`Notes\n\n${list}`])].join("\n");
}
