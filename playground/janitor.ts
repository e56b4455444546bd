/**
 * Outlives a playground that is killed: waits for the end of standard input, which the kernel brings about when the
 * playground's process goes for whatever reason, then removes its network and its files.
 *
 *   node playground/janitor.ts PREFIX FOLDER
 */
import { rmSync } from "node:fs";
import { closeTopology } from "./nodes/topology.ts";

const [prefix, folder] = process.argv.slice(2);
if (prefix === undefined || folder === undefined) {
  throw new Error("usage: node playground/janitor.ts PREFIX FOLDER");
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.stdin.resume().once("end", () => void cleanUp(prefix, folder));

async function cleanUp(prefix: string, folder: string): Promise<void> {
  await closeTopology(prefix);
  rmSync(folder, { recursive: true, force: true });
}
