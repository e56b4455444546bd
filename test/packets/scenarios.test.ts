import assert from "node:assert/strict";
import { scenarioGroups } from "../scenarios/all-scenarios.ts";
import { gapsOf } from "../scenarios/known-gaps.ts";
import { skipBecause } from "../support/skip.ts";
import { createStage } from "./create-stage.ts";
import { modeToTest } from "./options.ts";
import { families, playScenario, type Complaints } from "./play-scenario.ts";
import type { Stage } from "./stage.ts";

const mode = modeToTest();
const gaps = gapsOf(mode);

describe(`packets in mode ${mode}`, function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    stage = await createStage(this);
  });

  after(async () => {
    await stage?.close();
  });

  for (const [group, scenarios] of Object.entries(scenarioGroups)) {
    describe(group, () => {
      for (const scenario of scenarios) {
        describe(scenario.name, () => {
          let complaints: Complaints;

          before(async function () {
            const gap = gaps.get(scenario.name);
            if (gap !== undefined) skipBecause(this, gap);
            complaints = await playScenario(stage, scenario);
          });

          for (const family of families) {
            it(family, () => assert.deepEqual(complaints[family], []));
          }
        });
      }
    });
  }
});
