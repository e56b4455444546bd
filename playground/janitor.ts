/**
 * Outlives a killed playground: waits for the end of standard input, which the kernel closes when the process of the playground
 * ends for any reason, then removes its network, its files and its lock.
 *
 *   node playground/janitor.ts PREFIX FOLDER LOCK
 */
import { rmSync } from "node:fs";
import { closeTopology } from "./nodes/topology.ts";

const [prefix, folder, lockFile] = process.argv.slice(2);
if (prefix === undefined || folder === undefined || lockFile === undefined) {
  throw new Error("usage: node playground/janitor.ts PREFIX FOLDER LOCK");
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.stdin.resume().once("end", () => void cleanUp(prefix, [folder, lockFile]));

async function cleanUp(prefix: string, files: readonly string[]): Promise<void> {
  await closeTopology(prefix);
  for (const file of files) rmSync(file, { recursive: true, force: true });
}
