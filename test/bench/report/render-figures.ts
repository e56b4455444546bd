import { families, metrics, type Figure, type Metric, type MetricTraits } from "../figures.ts";
import { judge } from "../goals.ts";
import { renderTable } from "./render-table.ts";

/** All figures as Markdown: a table for each family, then the goals. */
export function renderFigures(figures: readonly Figure[]): string {
  const tables = Object.entries(families).flatMap(([family, title]) => {
    const own = figures.filter(({ metric }) => metrics[metric].family === family);
    return own.length === 0 ? [] : [`${title}\n\n${renderFamily(own)}`];
  });
  return [...tables, ...renderGoals(figures)].join("\n");
}

function renderFamily(figures: readonly Figure[]): string {
  const columns = metricNames().filter((name) => figures.some(({ metric }) => metric === name));
  const rows = Map.groupBy(figures, (figure) => `${proxyOf(figure)}\n${sizeOf(figure)}`);
  return renderTable(
    ["proxy", "Services x endpoints", ...columns.map((metric) => metrics[metric].title)],
    Array.from(rows, ([key, cells]) => [
      ...key.split("\n"),
      ...columns.map((metric) => {
        const found = cells.find((figure) => figure.metric === metric);
        return found === undefined ? "" : valueOf(found);
      }),
    ]),
  );
}

function renderGoals(figures: readonly Figure[]): readonly string[] {
  const judgements = judge(figures);
  if (judgements.length === 0) return [];
  const rows = judgements.map(({ goal, figure, met }) => [
    figure.metric,
    sizeOf(figure),
    goal,
    valueOf(figure),
    met ? "met" : "missed",
  ]);
  const head = ["goal for kubesteer", "Services x endpoints", "goal", "measured", ""];
  return [`Goals\n\n${renderTable(head, rows)}`];
}

function metricNames(): readonly Metric[] {
  return Object.keys(metrics) as Metric[];
}

function proxyOf({ proxy, mode }: Figure): string {
  return `${proxy}, ${mode}`;
}

function sizeOf({ services, endpoints }: Figure): string {
  return `${services} x ${endpoints}`;
}

function valueOf({ metric, value }: Figure): string {
  const { decimals }: MetricTraits = metrics[metric];
  return value.toFixed(decimals);
}
