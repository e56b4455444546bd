import assert from "node:assert/strict";
import { dataplanes } from "../../agent/dataplane/dataplanes.ts";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { scenarioGroups } from "../scenarios/all-scenarios.ts";
import { knownGaps } from "../scenarios/known-gaps.ts";
import { skipBecause } from "../support/skip.ts";
import { modeToTest } from "./options.ts";
import { families, playScenario, type Complaints } from "./play-scenario.ts";
import { Stage } from "./stage.ts";

const mode = modeToTest();

describe(`packets in mode ${mode}`, function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    const createDataplane = dataplanes[mode];
    if (createDataplane === undefined) skipBecause(this, `this build has no mode ${mode}`);
    const missing = await missingForTopology();
    if (missing !== undefined) skipBecause(this, missing);
    stage = await Stage.create({ createDataplane, prefix: "kubesteer-test" });
    const requirements = await stage.missingRequirements();
    if (requirements.length > 0) skipBecause(this, requirements.join("; "));
    await stage.clear();
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
            const gap = knownGaps[mode][scenario.name];
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
