import { affinity } from "./affinity.ts";
import { changes } from "./changes.ts";
import { decisionTable } from "./decision-table.ts";
import { endpoints } from "./endpoints.ts";
import { frontends } from "./frontends.ts";
import { noEndpoints } from "./no-endpoints.ts";
import { oddObjects } from "./odd-objects.ts";
import type { Scenario } from "./scenario.ts";
import { scheduling } from "./scheduling.ts";
import { sourceRanges } from "./source-ranges.ts";

/** Every rule that every mode is measured against, by subject. */
export const scenarioGroups: Readonly<Record<string, readonly Scenario[]>> = {
  "decision table": decisionTable,
  "no endpoints": noEndpoints,
  frontends,
  "source ranges": sourceRanges,
  endpoints,
  affinity,
  scheduling,
  changes,
  "odd objects": oddObjects,
};
