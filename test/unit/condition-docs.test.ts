/** Holds the tables of conditions, Events and ports in docs/observability.md equal to what the programs have. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { driftReasons } from "../../agent/drift/judge-drift.ts";
import { conditionTypes, nodeReadyReasons } from "../../crds/condition-types.ts";
import {
  configConditionTypes,
  configReasons,
  operatorEventReasons,
} from "../../operator/plan/status/condition-names.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const document = read("docs/observability.md");

/** The cells of each row of the table whose first column has this header. */
function tableOf(header: string): readonly (readonly string[])[] {
  const lines = document.split("\n");
  const start = lines.findIndex((line) => line.split("|")[1]?.trim() === header && line.startsWith("|"));
  assert.notEqual(start, -1, `no table has the column ${header}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function namesIn(cell: string | undefined): readonly string[] {
  return [...(cell ?? "").matchAll(/`([A-Z]\w+)`/g)].map(([, name = ""]) => name);
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].toSorted();
}

/** Names in quotes in the values and types of fields `reason` of a source. */
function reasonsIn(path: string): readonly string[] {
  return [...read(path).matchAll(/\breason: ([^,;}]*)/g)].flatMap(([, value = ""]) =>
    [...value.matchAll(/"([A-Z]\w+)"/g)].map(([, name = ""]) => name),
  );
}

describe("docs/observability.md", () => {
  it("has every condition of a ProxyConfig and its reasons", () => {
    const rows = tableOf("condition of a ProxyConfig");
    const { ready, progressing, degraded, stalled } = conditionTypes;
    assert.deepEqual(
      sorted(rows.flatMap(([type]) => namesIn(type))),
      sorted([ready, progressing, degraded, stalled, ...Object.values(configConditionTypes)]),
    );
    assert.deepEqual(sorted(rows.flatMap((cells) => namesIn(cells.at(-1)))), sorted(configReasons));
  });

  it("has every condition of a NodeProxy and its reasons", () => {
    const rows = tableOf("condition");
    const { ready, applied, degraded, drifted } = conditionTypes;
    assert.deepEqual(
      sorted(rows.flatMap(([type]) => namesIn(type))),
      sorted([ready, applied, degraded, drifted]),
    );
    const documented = [
      ...rows.flatMap((cells) => namesIn(cells.at(-1))).filter((name) => name !== ready), // "those of Ready"
      ...tableOf("reason of `Drifted`").flatMap(([reason]) => namesIn(reason)),
    ];
    const made = [
      ...Object.values(nodeReadyReasons),
      ...Object.values(driftReasons),
      ...reasonsIn("agent/status/build-conditions.ts"),
      ...reasonsIn("agent/drift/judge-drift.ts"),
      ...reasonsIn("agent/sync/sync-outcome.ts"),
    ];
    assert.deepEqual(sorted(documented), sorted(made));
  });

  it("has every Event", () => {
    const agentEvents = [
      "agent/status/notable-events.ts",
      "agent/drift/drift-guard.ts",
      "agent/node-services/node-services.ts",
      "agent/sync/sync-outcome.ts",
    ].flatMap(reasonsIn);
    const documented = tableOf("reason").flatMap(([reason]) => namesIn(reason));
    assert.deepEqual(sorted(documented), sorted([...operatorEventReasons, ...agentEvents]));
  });

  it("has the ports of the operator's Deployment", () => {
    const ports = [...read("config/operator/deployment.yaml").matchAll(/-address=([\d.:]+)/g)];
    assert.equal(ports.length, 2);
    for (const [, address = ""] of ports) assert.ok(document.includes(`\`${address}\``), address);
  });
});
