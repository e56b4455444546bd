/** Holds the list of metrics in docs/observability.md equal to what the programs make. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const metricName = /\b(?:kubeproxy|kubesteer|process)_[a-z_]+[a-z]\b/g;

/** Without the ending that counters get when they are printed. */
function baseName(metric: string): string {
  return metric.replace(/_total$/, "");
}

const made = new Set(
  globSync("{agent,operator,platform}/**/*.ts", { cwd: root })
    .flatMap(
      (file) => readFileSync(join(root, file), "utf8").match(/"(?:kubeproxy|kubesteer|process)_\w+"/g) ?? [],
    )
    .map((quoted) => baseName(quoted.slice(1, -1))),
);
const document = readFileSync(join(root, "docs/observability.md"), "utf8");
const documented = new Set((document.match(metricName) ?? []).map(baseName));
/** Their names are put together from the kind of the change. */
const composed = ["service", "endpoint"].map((kind) => `kubeproxy_sync_proxy_rules_${kind}_changes_pending`);

describe("metrics in docs/observability.md", () => {
  it("are found in the sources", () => assert.ok(made.has("kubesteer_drifted") && made.size > 20));

  it("are all that the programs make", () => {
    assert.deepEqual(
      [...made].filter((name) => !documented.has(name)),
      [],
    );
  });

  it("are made by the programs", () => {
    assert.deepEqual(
      [...documented].filter((name) => !made.has(name) && !composed.includes(name)),
      [],
    );
  });
});
