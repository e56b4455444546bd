import type { CommandLine } from "./flag.ts";

type Row = readonly [term: string, explanation: string];

/** The text for `--help`: what the program is for, how it is started, its flags with their defaults, its variables. */
export function renderHelp({ title, usages, flags, variables }: CommandLine): string {
  const usageRows = usages.map(({ synopsis, effect }): Row => [synopsis, effect]);
  const flagRows = Object.entries(flags).map(([name, flag]): Row => {
    const suffix = flag.default === undefined ? "" : ` (default ${flag.default})`;
    return [`--${name} ${flag.placeholder}`, `${flag.help}${suffix}`];
  });
  const ownRows: readonly Row[] = [
    ["--version", "print the version and end"],
    ["--help", "print this text and end"],
  ];
  const variableRows = Object.entries(variables);
  const sections = [
    title,
    renderRows(usageRows).join("\n       ").replace(/^/, "Usage: "),
    ["Flags:", ...indent(renderRows([...flagRows, ...ownRows]))].join("\n"),
    ...(variableRows.length === 0 ? [] : [["Environment:", ...indent(renderRows(variableRows))].join("\n")]),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The explanations below each other. */
function renderRows(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([term]) => term.length)) + 4;
  return rows.map(([term, explanation]) => `${term.padEnd(width)}${explanation}`);
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
