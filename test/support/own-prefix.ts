import { existsSync, readdirSync } from "node:fs";
import { closeTopology } from "../../playground/nodes/topology.ts";

/**
 * A prefix for network namespaces that no other process uses, so that test runs may overlap. Removes what runs that were
 * killed have left under `name`.
 */
export async function ownPrefix(name: string): Promise<string> {
  for (const prefix of leftPrefixes(name)) await closeTopology(prefix);
  return `${name}-${process.pid}`;
}

function leftPrefixes(name: string): ReadonlySet<string> {
  const namespaces = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const prefixes = namespaces.flatMap((namespace) => {
    const [prefix, pid] = new RegExp(`^${name}-(\\d+)(?=-)`).exec(namespace) ?? [];
    return prefix === undefined || existsSync(`/proc/${pid}`) ? [] : [prefix];
  });
  return new Set(prefixes);
}
