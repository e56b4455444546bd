import { metrics, type Figure, type Metric, type MetricTraits } from "../figures.ts";

/** Metrics with a chart: one number per proxy and size. */
export const charts: Readonly<Partial<Record<Metric, string>>> = {
  cold_start_seconds: "Cold start until all Services answer, seconds",
  change_p50_milliseconds: "One changed endpoint until the kernel has it, median, milliseconds",
  change_p99_milliseconds: "One changed endpoint until the kernel has it, 99th percentile, milliseconds",
  restart_seconds: "Kill and restart, until a missed change is in the kernel, seconds",
  connection_rate_percent: "Connections per second through a Service, percent of direct ones",
  rss_mebibytes: "Resident memory, MiB",
};

const width = 760;
const left = 150;
const right = 80;
const top = 64;
const barHeight = 16;
const groupGap = 14;
const colors = ["bar-0", "bar-1", "bar-2"] as const;

const style = `
  svg { color: #1f2328; background: #ffffff; font: 13px system-ui, sans-serif; }
  text { fill: currentColor; }
  .title { font-size: 15px; font-weight: 600; }
  .bar-0 { fill: #2563eb; } .bar-1 { fill: #b45309; } .bar-2 { fill: #6b7280; }
  @media (prefers-color-scheme: dark) {
    svg { color: #e6edf3; background: #0d1117; }
    .bar-0 { fill: #60a5fa; } .bar-1 { fill: #f59e0b; } .bar-2 { fill: #9ca3af; }
  }`;

/** A bar for each figure of the metric, by cluster size, as SVG for light and dark pages. */
export function renderChart(metric: Metric, title: string, figures: readonly Figure[]): string {
  const own = figures.filter((figure) => figure.metric === metric);
  const proxies = [...new Set(own.map(({ proxy }) => proxy))];
  const groups = [...Map.groupBy(own, ({ services, endpoints }) => `${services} x ${endpoints}`)];
  const largest = Math.max(...own.map(({ value }) => value), Number.MIN_VALUE);
  const body: string[] = [];
  let y = top;
  for (const [size, bars] of groups) {
    const middle = y + (bars.length * barHeight) / 2 + 4;
    body.push(`<text x="${left - 12}" y="${middle}" text-anchor="end">${size}</text>`);
    for (const figure of bars) {
      const length = Math.max(1, ((width - left - right) * figure.value) / largest);
      const color = colors[proxies.indexOf(figure.proxy)] ?? "bar-2";
      body.push(
        `<rect class="${color}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 3}" rx="2"/>`,
        `<text x="${(left + length + 6).toFixed(1)}" y="${y + 11}">${valueOf(figure)}</text>`,
      );
      y += barHeight;
    }
    y += groupGap;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-label="${title}">`,
    `<style>${style}</style>`,
    `<text class="title" x="16" y="24">${title}</text>`,
    ...proxies.map((proxy, nth) => legend(proxy, nth)),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

function legend(proxy: string, nth: number): string {
  const x = 16 + nth * 200;
  const mark = `<rect class="${colors[nth] ?? "bar-2"}" x="${x}" y="36" width="12" height="12" rx="2"/>`;
  return `${mark}<text x="${x + 18}" y="47">${proxy}</text>`;
}

function valueOf({ metric, value }: Figure): string {
  const { decimals }: MetricTraits = metrics[metric];
  return value.toFixed(decimals);
}
