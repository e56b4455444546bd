/** Checks that a program has permissions for exactly the resources that its code uses. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resources, type Resource } from "../../../platform/kube/resources.ts";
import { parseManifests } from "./rendered-manifests.ts";

const root = join(import.meta.dirname, "../../..");
const byName: Readonly<Record<string, Resource>> = resources;

/** `group/plural` of every `resources.name` in the files. */
function resourcesNamedIn(pattern: string): readonly string[] {
  const names = globSync(pattern, { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/\bresources\.(?!ts\b)(\w+)/g)].map(
      ([, name = ""]) => name,
    ),
  );
  return [...new Set(names)].map((name) => {
    const resource = byName[name];
    assert.ok(resource !== undefined, name);
    return `${resource.group}/${resource.plural}`;
  });
}

function resourcesGrantedIn(file: string): readonly string[] {
  const manifests = parseManifests(readFileSync(join(root, file), "utf8"));
  const granted = manifests.flatMap(({ rules = [] }) =>
    rules.flatMap(({ apiGroups, resources }) =>
      apiGroups.flatMap((group) => resources.map((name) => `${group}/${name.replace(/\/.*/, "")}`)),
    ),
  );
  return [...new Set(granted)].toSorted();
}

describe("permissions", () => {
  const rows = [
    { program: "agent", sources: ["agent/**/*.ts", "platform/kube/events.ts"] },
    { program: "operator", sources: ["operator/**/*.ts", "platform/kube/{events,leader-election}.ts"] },
  ] as const;
  for (const { program, sources } of rows) {
    it(`of the ${program} cover exactly the resources that it uses`, () => {
      const used = [...new Set(sources.flatMap(resourcesNamedIn))].toSorted();
      assert.deepEqual(resourcesGrantedIn(`config/rbac/${program}.yaml`), used);
    });
  }
});
