import type { DataplaneRunner } from "./runner.ts";

/** Versions of the tools that the modes run, by name; without those that are not installed. */
export async function readToolVersions(
  runners: Iterable<DataplaneRunner>,
): Promise<Readonly<Record<string, string>>> {
  const versions = await Promise.all([...runners].map(({ dataplane }) => dataplane.toolVersions()));
  return Object.fromEntries(versions.flatMap((some) => Object.entries(some)));
}
