import type { Context } from "mocha";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { ownPrefix } from "../support/own-prefix.ts";
import { skipBecause } from "../support/skip.ts";
import { modeToTest } from "./options.ts";
import { Stage } from "./stage.ts";

/** The stage for the mode to be tested. Skips the suite of `context`, with the reason, where there cannot be one. */
export async function createStage(context: Context): Promise<Stage> {
  const missing = await missingForTopology();
  if (missing !== undefined) skipBecause(context, missing);
  const stage = await Stage.create({ mode: modeToTest(), prefix: await ownPrefix("kubesteer-test") });
  const requirements = await stage.missingRequirements();
  if (requirements.length > 0) {
    await stage.close();
    skipBecause(context, requirements.join("; "));
  }
  await stage.clear();
  return stage;
}
