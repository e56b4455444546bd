import { parseArgs } from "node:util";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { parsePositive, soakSeed } from "./options.ts";
import { runSoak } from "./soak.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = parsePositive("--minutes", values.minutes);
const seed = soakSeed();
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const missing = await missingForTopology();
if (missing !== undefined) {
  print(missing);
  process.exit(1);
}
print(`Soaking for ${minutes} min, SOAK_SEED=${seed}`);
await runSoak({ seconds: minutes * 60, seed, print });
process.exit();
