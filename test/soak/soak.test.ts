import { missingForTopology } from "../../playground/nodes/topology.ts";
import { skipBecause } from "../support/skip.ts";
import { soakSeconds, soakSeed } from "./options.ts";
import { runSoak } from "./soak.ts";

describe("soak", function () {
  this.timeout((soakSeconds() + 120) * 1_000);

  it("no request fails, flushes are repaired, the final kernel state is that of a fresh start, memory does not grow", async function () {
    const missing = await missingForTopology();
    if (missing !== undefined) skipBecause(this, missing);
    const seed = soakSeed();
    print(`SOAK_SEED=${seed}`);
    await runSoak({ seconds: soakSeconds(), seed, print });
  });
});

function print(line: string): void {
  process.stdout.write(`      ${line}\n`);
}
