/**
 * Generates the manifests and the run-time schemas of our kinds from `crds/schema`: `npm run generate`.
 * With `--check`, writes nothing and fails if a file is out of date.
 */
import { readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { isJsonArray, isJsonObject } from "../crds/validation/json-object.ts";
import { customResourceDefinitions } from "./custom-resource-definitions.ts";

const crdsDirectory = new URL("../crds/", import.meta.url);

/** Content of every generated file in `crds/`, by file name. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const header = "# Generated from crds/schema by npm run generate.\n";
  const manifests = customResourceDefinitions.map((definition): [string, string] => {
    const { group, names } = definition.spec;
    const yaml = stringify(definition, { lineWidth: 110, aliasDuplicateObjects: false });
    return [`${group}_${names.plural}.yaml`, header + yaml];
  });
  const schemas = customResourceDefinitions.map(({ spec }) => [
    spec.names.kind,
    withoutDescriptions(spec.versions[0]?.schema.openAPIV3Schema),
  ]);
  return new Map([
    ...manifests,
    ["schemas.json", `${JSON.stringify(Object.fromEntries(schemas), undefined, 1)}\n`],
  ]);
}

/** A property named description is an object; the keyword description is a string. */
function withoutDescriptions(schema: unknown): unknown {
  if (isJsonArray(schema)) return schema.map(withoutDescriptions);
  if (!isJsonObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== "description" || typeof value !== "string")
      .map(([key, value]) => [key, withoutDescriptions(value)]),
  );
}

if (import.meta.main) {
  for (const [name, content] of generatedFiles()) {
    const file = new URL(name, crdsDirectory);
    if (!process.argv.includes("--check")) await writeFile(file, content);
    else if ((await readFile(file, "utf8")) !== content) {
      process.stderr.write(`crds/${name} is out of date: run npm run generate\n`);
      process.exitCode = 1;
    }
  }
}
