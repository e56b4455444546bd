/** The rooms of the repository and the directions of imports between them, as docs/architecture.md states them. */
import { dirname } from "node:path";
import { sourceFiles } from "./source-files.ts";

/** The embedded API server, a package of its own. */
export const apiServer = "playground/api-server";

/** The room of a file: first folder; in the two programs two folders, and the program's name for the files that wire it. */
export function roomOf(path: string): string {
  if (path.startsWith(`${apiServer}/`)) return apiServer;
  const folders = dirname(path).split("/");
  return folders.slice(0, isProgram(folders[0] ?? "") ? 2 : 1).join("/");
}

export function isProgram(folder: string): boolean {
  return folder === "agent" || folder === "operator";
}

export function isOurs(target: string): boolean {
  return /^(agent|config|crds|operator|platform|playground|scripts|test)\//.test(target);
}

const shared = ["crds", "platform"];

/** What each room may import. A room that is not listed here fails the test; `agent` and `operator` themselves wire the rooms. */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  crds: [],
  platform: ["crds"],
  scripts: ["crds"],
  "agent/scheduling": shared,
  "agent/kernel": shared,
  "agent/services": [...shared, "agent/scheduling"],
  "agent/watch": [...shared, "agent/services", "agent/scheduling"],
  "agent/settings": [...shared, "agent/services", "agent/watch"],
  "agent/dataplane": [...shared, "agent/services", "agent/scheduling", "agent/kernel"],
  "agent/node": [...shared, "agent/services", "agent/watch"],
  "agent/sync": [
    ...shared,
    "agent/services",
    "agent/watch",
    "agent/settings",
    "agent/node",
    "agent/dataplane",
  ],
  "agent/metrics": [...shared, "agent/services", "agent/dataplane", "agent/sync"],
  "agent/node-services": [...shared, "agent/services", "agent/dataplane", "agent/kernel", "agent/metrics"],
  "agent/drift": [...shared, "agent/dataplane", "agent/metrics"],
  "agent/status": [
    ...shared,
    "agent/services",
    "agent/settings",
    "agent/node",
    "agent/dataplane",
    "agent/sync",
    "agent/metrics",
    "agent/drift",
  ],
  "agent/http": [
    ...shared,
    "agent/services",
    "agent/dataplane",
    "agent/metrics",
    "agent/status",
    "agent/options.ts",
  ],
  "operator/plan": shared,
  // Not a part of the product: what it may use of it is listed file by file.
  [apiServer]: [
    "crds/validation/cel-rules.ts",
    "crds/validation/field-error.ts",
    "crds/validation/schema.ts",
    "crds/validation/structural-schema.ts",
    "platform/async/clock.ts",
    "platform/ip/address.ts",
    "platform/ip/cidr.ts",
    "platform/log.ts",
    "platform/logger.ts",
  ],
  "operator/watch": [...shared, "operator/plan"],
  "operator/write": [...shared, "operator/plan", "operator/watch"],
  "operator/reconcile": [...shared, "operator/plan", "operator/watch", "operator/write", "operator/http"],
  "operator/http": [...shared, "operator/plan", "operator/write", "operator/options.ts"],
};

/** Imports between rooms that `arrows` does not list, as `file → target`. */
export function forbiddenArrows(): readonly string[] {
  return sourceFiles.flatMap(({ path, imports }) => {
    const allowed = arrows[roomOf(path)];
    if (allowed === undefined) return [];
    return imports
      .filter(({ target }) => isOurs(target) && roomOf(target) !== roomOf(path))
      .filter(({ target }) => !allowed.includes(target) && !allowed.includes(roomOf(target)))
      .map(({ target }) => `${path} → ${target}`);
  });
}
