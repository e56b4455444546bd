import { join } from "node:path";
import type { ProxyMode } from "../../crds/api.ts";
import { scenarioGroups } from "../scenarios/all-scenarios.ts";
import { gapsOf } from "../scenarios/known-gaps.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { GoldenFolder } from "./golden-folder.ts";

/** Every scenario that `mode` can do. */
export function scenariosOf(mode: ProxyMode): readonly Scenario[] {
  const gaps = gapsOf(mode);
  return Object.values(scenarioGroups)
    .flat()
    .filter(({ name }) => !gaps.has(name));
}

/** The folder with the goldens of a mode. */
export function goldenFolderOf(mode: ProxyMode): string {
  return join(import.meta.dirname, mode);
}

/**
 * Compares what a mode sends to the kernel of node1, step by step, with the golden of each scenario that it can do.
 *
 * @param options.extension ending of the files, as `.nft`
 * @param options.record what is sent, as a text to be reviewed: all of it, in its order
 */
export function describeGoldens({
  mode,
  extension,
  record,
}: {
  readonly mode: ProxyMode;
  readonly extension: string;
  readonly record: (scenario: Scenario) => Promise<string>;
}): void {
  describe(`what mode ${mode} sends to the kernel in each scenario`, () => {
    const goldens = new GoldenFolder({ folder: goldenFolderOf(mode), extension });
    for (const scenario of scenariosOf(mode)) {
      it(scenario.name, async () => goldens.compare(scenario.name, await record(scenario)));
    }
    it("there are no others", () => goldens.refuseLeftovers());
  });
}
