import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isJsonObject } from "../../../crds/validation/json-object.ts";
import { validateCel } from "../../../crds/validation/cel-rules.ts";
import type { StructuralSchema } from "../../../crds/validation/schema.ts";
import { validateSchema } from "../../../crds/validation/structural-schema.ts";
import { customResourceDefinitions } from "../../../scripts/custom-resource-definitions.ts";
import { generatedFiles } from "../../../scripts/generate-crds.ts";

/** Every schema below `schema`, itself included, with its path. */
function* walk(schema: StructuralSchema, path: string): Generator<readonly [string, StructuralSchema]> {
  yield [path, schema];
  for (const [key, property] of Object.entries(schema.properties ?? {}))
    yield* walk(property, `${path}.${key}`);
  if (schema.items !== undefined) yield* walk(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object") yield* walk(schema.additionalProperties, `${path}.*`);
}

/**
 * Maximum cost that kube-apiserver estimates for `matches` in a rule: a tenth of the bytes of the string, times a quarter of the
 * characters of the pattern. Keys of maps count as empty. Source: estimates of cel-go, and of k8s.io/apiserver for sizes.
 */
function patternCost(
  rule: string,
  { maxLength, maxProperties = 1, additionalProperties }: StructuralSchema,
): number {
  const values = typeof additionalProperties === "object" ? additionalProperties.maxLength : undefined;
  const longest = rule.includes("key.matches(") ? 1 : (maxLength ?? values ?? Infinity);
  const [, pattern] = /\.matches\('([^']*)'\)/.exec(rule) ?? [];
  if (pattern === undefined || rule.startsWith("type(self)")) return 0;
  return Math.ceil(longest * 4 * 0.1) * Math.ceil(pattern.length * 0.25) * maxProperties;
}

/** How many values at the path one object can have: the product of the maximum lengths of the lists and maps around it. */
function timesOf(path: string, schemas: readonly (readonly [string, StructuralSchema])[]): number {
  return schemas
    .filter(([other]) => path.startsWith(`${other}[]`) || path.startsWith(`${other}.*`))
    .reduce((times, [, { maxItems, maxProperties }]) => times * (maxItems ?? maxProperties ?? Infinity), 1);
}

describe("generated files", () => {
  for (const [name, content] of generatedFiles()) {
    it(`crds/${name} is what npm run generate writes`, () => {
      assert.equal(readFileSync(new URL(`../../../crds/${name}`, import.meta.url), "utf8"), content);
    });
  }
});

for (const definition of customResourceDefinitions) {
  const [version] = definition.spec.versions;
  assert.ok(version !== undefined);
  const schemas = [...walk(version.schema.openAPIV3Schema, definition.spec.names.kind)];

  describe(`schema of ${definition.spec.names.kind}`, () => {
    it("describes every field", () => {
      const undescribed = schemas.filter(
        ([path, { description }]) => !/(\[\]|\.\*|^\w+\.metadata)$/.test(path) && description === undefined,
      );
      assert.deepEqual(
        undescribed.map(([path]) => path),
        [],
      );
    });

    it("is structural: every node has a type or is an int-or-string", () => {
      const untyped = schemas.filter(
        ([, schema]) => (schema.type === undefined) !== (schema["x-kubernetes-int-or-string"] === true),
      );
      assert.deepEqual(
        untyped.map(([path]) => path),
        [],
      );
    });

    it("leaves metadata to the API server, which accepts nothing but its type", () => {
      assert.deepEqual(version.schema.openAPIV3Schema.properties?.["metadata"], { type: "object" });
    });

    it("requires the keys of map lists, and puts only scalars into sets", () => {
      for (const [path, schema] of schemas) {
        const keys = schema["x-kubernetes-list-map-keys"] ?? [];
        assert.equal(schema["x-kubernetes-list-type"] === "map", keys.length > 0, path);
        for (const key of keys) assert.ok(schema.items?.required?.includes(key), `${path}: ${key}`);
        if (schema["x-kubernetes-list-type"] === "set") assert.equal(schema.items?.type, "string", path);
      }
    });

    it("has no defaults below additionalProperties, where they are forbidden", () => {
      const forbidden = schemas.filter(
        ([path, schema]) => path.includes(".*") && schema.default !== undefined,
      );
      assert.deepEqual(forbidden, []);
    });

    it("has no required field with a default", () => {
      const contradictions = schemas.flatMap(([path, { required = [], properties = {} }]) =>
        required.filter((key) => properties[key]?.default !== undefined).map((key) => `${path}.${key}`),
      );
      assert.deepEqual(contradictions, []);
    });

    it("has defaults that satisfy their own schema and rules without nested defaulting", () => {
      const errors = schemas.flatMap(([path, schema]) => {
        if (schema.default === undefined) return [];
        return [
          ...validateSchema(schema, schema.default, path),
          ...validateCel(schema, schema.default, undefined, path),
        ];
      });
      assert.deepEqual(errors, []);
    });

    it("bounds lists and maps that CEL rules iterate over, so that their estimated cost stays acceptable", () => {
      const withRules = schemas.filter(([, schema]) => schema["x-kubernetes-validations"] !== undefined);
      const unbounded = withRules.flatMap(([path]) =>
        schemas.filter(
          ([other, { type, maxItems }]) =>
            type === "array" && maxItems === undefined && (path.startsWith(`${other}[]`) || path === other),
        ),
      );
      assert.deepEqual(
        unbounded.map(([path]) => path),
        [],
      );
    });

    it("keeps the cost of patterns below the limit of kube-apiserver for a rule", () => {
      for (const [path, schema] of schemas) {
        for (const { rule } of schema["x-kubernetes-validations"] ?? []) {
          const cost = patternCost(rule, schema) * timesOf(path, schemas);
          assert.ok(cost < 10_000_000, `${path}: ${rule} may cost ${cost}`);
        }
      }
    });

    it("gives every rule a message, and a fieldPath that exists", () => {
      for (const [path, schema] of schemas) {
        for (const { rule, message, fieldPath } of schema["x-kubernetes-validations"] ?? []) {
          assert.ok(message !== undefined && message.length > 10, `${path}: ${rule}`);
          if (fieldPath !== undefined)
            assert.ok(isJsonObject(schema.properties?.[fieldPath.slice(1)]), `${path}${fieldPath}`);
        }
      }
    });

    it("has printer columns with paths that exist", () => {
      for (const { name, jsonPath } of version.additionalPrinterColumns) {
        const path = definition.spec.names.kind + jsonPath.replace(/\[\?.*\]/, "[]");
        const known = schemas.some(([other]) => other === path);
        assert.ok(known || jsonPath.startsWith(".metadata."), `${name}: ${jsonPath}`);
      }
    });
  });
}
