import { dataplanes } from "../agent/dataplane/dataplanes.ts";

/** The tests of one folder, as one run of mocha. */
export interface Suite {
  readonly name: string;
  /** In `test/`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `chosen` is what a change is tested with: less than 20 minutes on two processors. */
export type SuiteChoice = "chosen" | "all";

/** Length of the soak among all tests. */
const longSoakSeconds = 600;

/**
 * Suites by lane. Lanes run side by side, the suites of a lane one after the other. Those of the second lane wait for real programs and
 * need the network of this machine; those of the first only compute, and are done before the most impatient of the second begin.
 */
export function suiteLanes(choice: SuiteChoice): readonly (readonly Suite[])[] {
  const computing = [suite("unit"), suite("golden"), suite("image")];
  return choice === "chosen"
    ? [computing, [suite("packets"), suite("api"), suite("e2e"), suite("soak")]]
    : [computing, [...Object.keys(dataplanes).map(packetsInMode), suite("api"), suite("e2e"), longSoak()]];
}

function suite(folder: string): Suite {
  return { name: folder, folder, env: {} };
}

function packetsInMode(mode: string): Suite {
  return { name: `packets in mode ${mode}`, folder: "packets", env: { MODE: mode } };
}

function longSoak(): Suite {
  return { ...suite("soak"), env: { SOAK_SECONDS: String(longSoakSeconds) } };
}
