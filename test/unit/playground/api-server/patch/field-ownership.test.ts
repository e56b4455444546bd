import assert from "node:assert/strict";
import type { JsonObject } from "../../../../../playground/api-server/json-value.ts";
import {
  applyConfiguration,
  ownershipAfterUpdate,
} from "../../../../../playground/api-server/patch/field-ownership.ts";
import { fromFieldsV1, pathsOf, toFieldsV1 } from "../../../../../playground/api-server/patch/field-set.ts";
import {
  parseManagedFields,
  renderManagedFields,
  type FieldManager,
  type ManagedFields,
} from "../../../../../playground/api-server/patch/managed-fields.ts";
import { compare, fieldsOf, merge } from "../../../../../playground/api-server/patch/typed-value.ts";
import { builtInSchema } from "../../../../../playground/api-server/schema/built-in-schemas.ts";
import type { Schema } from "../../../../../playground/api-server/schema/schema.ts";

const time = "2026-01-01T00:00:00Z";
const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "string" },
        struct: { type: "object", properties: { x: { type: "integer" }, y: { type: "integer" } } },
        map: { type: "object", additionalProperties: { type: "string" } },
        atomicMap: {
          type: "object",
          additionalProperties: { type: "string" },
          "x-kubernetes-map-type": "atomic",
        },
        items: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: { type: "object", properties: { name: { type: "string" }, size: { type: "integer" } } },
        },
        set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        list: { type: "array", items: { type: "string" } },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
};

function manager(name: string, operation: FieldManager["operation"] = "Apply"): FieldManager {
  return { name, operation, apiVersion: "v1", subresource: "" };
}

interface State {
  readonly object: JsonObject;
  readonly managed: ManagedFields;
}

const nothing: State = { object: {}, managed: new Map() };

function apply(state: State, name: string, spec: JsonObject, force = false): State {
  const outcome = applyConfiguration({
    schema,
    manager: manager(name),
    managed: state.managed,
    time,
    live: state.object,
    applied: { spec },
    force,
  });
  assert.ok(outcome.kind === "applied", JSON.stringify(outcome));
  return outcome;
}

function update(state: State, name: string, spec: JsonObject): State {
  const object = { spec };
  const facts = { schema, manager: manager(name, "Update"), managed: state.managed, time };
  return { object, managed: ownershipAfterUpdate({ ...facts, before: state.object, after: object }) };
}

function fieldsBy(state: State, name: string): JsonObject {
  const entry = renderManagedFields(state.managed).find((each) => each["manager"] === name);
  return { ...(entry?.["fieldsV1"] as JsonObject | undefined) };
}

describe("fields of an applied configuration", () => {
  const rows: readonly { readonly rule: string; readonly spec: JsonObject; readonly fields: JsonObject }[] = [
    { rule: "scalars", spec: { a: "1" }, fields: { "f:a": {} } },
    { rule: "structs by field", spec: { struct: { x: 1 } }, fields: { "f:struct": { "f:x": {} } } },
    { rule: "an empty struct itself", spec: { struct: {} }, fields: { "f:struct": {} } },
    { rule: "maps by key", spec: { map: { k: "v" } }, fields: { "f:map": { "f:k": {} } } },
    { rule: "atomic maps as a whole", spec: { atomicMap: { k: "v" } }, fields: { "f:atomicMap": {} } },
    { rule: "atomic lists as a whole", spec: { list: ["v"] }, fields: { "f:list": {} } },
    {
      rule: "items of map lists with their key",
      spec: { items: [{ name: "n", size: 1 }] },
      fields: { "f:items": { 'k:{"name":"n"}': { ".": {}, "f:name": {}, "f:size": {} } } },
    },
    { rule: "values of sets", spec: { set: ["v"] }, fields: { "f:set": { 'v:"v"': {} } } },
    {
      rule: "unknown fields by their structure",
      spec: { free: { k: { l: 1 }, m: [1] } },
      fields: { "f:free": { "f:k": { ".": {}, "f:l": {} }, "f:m": {} } },
    },
  ];
  for (const { rule, spec, fields } of rows) {
    it(rule, () => assert.deepEqual(toFieldsV1(fieldsOf(schema, { spec })), { "f:spec": fields }));
  }

  it("the stored form is read back unchanged", () => {
    const stored = { "f:spec": { ".": {}, "f:items": { 'k:{"name":"n"}': { ".": {}, "f:size": {} } } } };
    assert.deepEqual(toFieldsV1(fromFieldsV1(stored)), stored);
  });

  it("paths are printed as in kube-apiserver", () => {
    const set = fieldsOf(schema, { spec: { items: [{ name: "n", size: 1 }], set: ["v"] } });
    assert.deepEqual(pathsOf(set), [
      '.spec.items[name="n"]',
      '.spec.items[name="n"].name',
      '.spec.items[name="n"].size',
      '.spec.set[="v"]',
    ]);
  });

  it("a Service port without protocol is identified by the default one", () => {
    const fields = toFieldsV1(fieldsOf(builtInSchema("V1ServiceSpec"), { ports: [{ port: 80 }] }));
    assert.deepEqual(fields, { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } });
  });
});

describe("compare", () => {
  it("an added struct includes itself and its fields, a changed field only itself", () => {
    const { added, modified, removed } = compare(
      schema,
      { spec: { a: "1", set: ["x"] } },
      { spec: { a: "2", struct: { x: 1 }, set: ["y"] } },
    );
    assert.deepEqual(toFieldsV1(added), {
      "f:spec": { "f:struct": { ".": {}, "f:x": {} }, "f:set": { 'v:"y"': {} } },
    });
    assert.deepEqual(toFieldsV1(modified), { "f:spec": { "f:a": {} } });
    assert.deepEqual(toFieldsV1(removed), { "f:spec": { "f:set": { 'v:"x"': {} } } });
  });

  it("the order of map lists is ignored", () => {
    const one = { spec: { items: [{ name: "a" }, { name: "b" }] } };
    const other = { spec: { items: [{ name: "b" }, { name: "a" }] } };
    assert.deepEqual(toFieldsV1(compare(schema, one, other).modified), {});
  });
});

describe("merge", () => {
  const rows: readonly {
    readonly rule: string;
    readonly live: JsonObject;
    readonly applied: JsonObject;
    readonly expected: JsonObject;
  }[] = [
    {
      rule: "structs field by field",
      live: { struct: { x: 1 } },
      applied: { struct: { y: 2 } },
      expected: { struct: { x: 1, y: 2 } },
    },
    {
      rule: "atomic maps are replaced",
      live: { atomicMap: { x: "1" } },
      applied: { atomicMap: { y: "2" } },
      expected: { atomicMap: { y: "2" } },
    },
    {
      rule: "map lists by key; live items keep their positions",
      live: { items: [{ name: "a", size: 1 }, { name: "b", size: 1 }, { name: "c" }] },
      applied: { items: [{ name: "d" }, { name: "b", size: 2 }] },
      expected: { items: [{ name: "a", size: 1 }, { name: "d" }, { name: "b", size: 2 }, { name: "c" }] },
    },
    {
      rule: "sets are merged",
      live: { set: ["a", "b"] },
      applied: { set: ["c", "b"] },
      expected: { set: ["a", "c", "b"] },
    },
    {
      rule: "atomic lists are replaced",
      live: { list: ["a"] },
      applied: { list: ["b"] },
      expected: { list: ["b"] },
    },
  ];
  for (const { rule, live, applied, expected } of rows) {
    it(rule, () => assert.deepEqual(merge(schema, { spec: live }, { spec: applied }), { spec: expected }));
  }
});

describe("ownership", () => {
  it("an apply that changes a field of another manager is a conflict, unless it is forced", () => {
    const state = apply(nothing, "one", { a: "1", struct: { x: 1 } });
    const outcome = applyConfiguration({
      schema,
      manager: manager("two"),
      managed: state.managed,
      time,
      live: state.object,
      applied: { spec: { a: "2" } },
      force: false,
    });
    assert.ok(outcome.kind === "conflict");
    assert.deepEqual(outcome.conflicts, [{ manager: '"one"', field: ".spec.a" }]);
    const forced = apply(state, "two", { a: "2" }, true);
    assert.deepEqual(fieldsBy(forced, "one"), { "f:spec": { "f:struct": { "f:x": {} } } });
    assert.deepEqual(fieldsBy(forced, "two"), { "f:spec": { "f:a": {} } });
  });

  it("a conflict with an updating manager contains its version", () => {
    const state = update(nothing, "editor", { a: "1" });
    const outcome = applyConfiguration({
      schema,
      manager: manager("two"),
      managed: state.managed,
      time,
      live: state.object,
      applied: { spec: { a: "2" } },
      force: false,
    });
    assert.ok(outcome.kind === "conflict");
    assert.deepEqual(outcome.conflicts, [{ manager: '"editor" using v1', field: ".spec.a" }]);
  });

  it("fields that no manager applies any more are removed, with their content that has no owner", () => {
    const first = apply(nothing, "one", { a: "1", items: [{ name: "n" }] });
    const defaulted: State = {
      ...first,
      object: { spec: { a: "1", items: [{ name: "n", size: 5 }], list: ["default"] } },
    };
    assert.deepEqual(apply(defaulted, "one", { a: "1" }).object, { spec: { a: "1", list: ["default"] } });
  });

  it("fields that another manager owns are kept", () => {
    const shared = apply(apply(nothing, "one", { a: "1", map: { k: "v" } }), "two", { a: "1" });
    assert.deepEqual(apply(shared, "one", {}).object, { spec: { a: "1" } });
  });

  it("an update owns the fields that it changed and added, and removed fields have no owner", () => {
    const applied = apply(nothing, "one", { a: "1", struct: { x: 1 } });
    const updated = update(applied, "editor", { a: "2", map: { k: "v" } });
    assert.deepEqual(fieldsBy(updated, "editor"), {
      "f:spec": { "f:a": {}, "f:map": { ".": {}, "f:k": {} } },
    });
    assert.deepEqual(fieldsBy(updated, "one"), {});
  });

  it("an entry with unchanged fields keeps its time", () => {
    const state = apply(nothing, "one", { a: "1" });
    const later = applyConfiguration({
      schema,
      manager: manager("one"),
      managed: state.managed,
      time: "2027-01-01T00:00:00Z",
      live: state.object,
      applied: { spec: { a: "1" } },
      force: false,
    });
    assert.ok(later.kind === "applied");
    assert.equal(renderManagedFields(later.managed)[0]?.["time"], time);
  });

  it("fields that only the server writes have no owner", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "n", uid: "u", labels: { a: "b" } },
    };
    const managed = ownershipAfterUpdate({
      schema: builtInSchema("V1ConfigMap"),
      manager: manager("m", "Update"),
      managed: parseManagedFields([]),
      time,
      before: {},
      after: object,
    });
    assert.deepEqual(renderManagedFields(managed)[0]?.["fieldsV1"], {
      "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
    });
  });
});
