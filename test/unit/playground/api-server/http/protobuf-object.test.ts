import assert from "node:assert/strict";
import { decodeProtobufObject } from "../../../../../playground/api-server/http/protobuf-object.ts";
import { StatusError } from "../../../../../playground/api-server/status-error.ts";

/** One length-delimited field; contents are shorter than 128 bytes. */
function field(number: number, content: string): string {
  return String.fromCharCode(number * 8 + 2, content.length) + content;
}

function body(kind: string, object: string): Buffer {
  const typeMeta = field(1, "v1") + field(2, kind);
  return Buffer.from(`k8s\0${field(1, typeMeta)}${field(2, object)}`, "latin1");
}

describe("protobuf bodies", () => {
  const objects: readonly {
    readonly name: string;
    readonly kind: string;
    readonly object: string;
    readonly expect: object;
  }[] = [
    {
      name: "an empty value on the wire is absent",
      kind: "Secret",
      object: field(1, field(1, "s") + field(2, "")) + field(2, field(1, "a") + field(2, "b")),
      expect: { metadata: { name: "s" }, data: { a: "Yg==" } },
    },
    {
      name: "a pointer to 0 is kept",
      kind: "DeleteOptions",
      object: "\x08\0",
      expect: { gracePeriodSeconds: 0 },
    },
    {
      name: "items of a list arrive one by one",
      kind: "Role",
      object: field(2, field(1, "get") + field(1, "list") + field(3, "pods")),
      expect: { rules: [{ verbs: ["get", "list"], resources: ["pods"] }] },
    },
    {
      name: "an unknown field without content is ignored",
      kind: "ConfigMap",
      object: field(9, field(1, "") + "\x10\0"),
      expect: {},
    },
  ];
  for (const { name, kind, object, expect } of objects) {
    it(name, () =>
      assert.deepEqual(decodeProtobufObject(body(kind, object)), { apiVersion: "v1", kind, ...expect }),
    );
  }

  const refused: readonly { readonly name: string; readonly bytes: Buffer }[] = [
    { name: "unsupported kinds", bytes: body("Job", field(1, field(1, "j"))) },
    { name: "fields that would be lost", bytes: body("ConfigMap", field(9, "text")) },
    { name: "an incomplete body", bytes: body("ConfigMap", "\x0a\x05a") },
    { name: "a body without the header", bytes: Buffer.from("{}") },
  ];
  for (const { name, bytes } of refused) {
    it(`${name}: 415 with the workaround`, () => {
      assert.throws(
        () => decodeProtobufObject(bytes),
        (error) =>
          error instanceof StatusError && error.code === 415 && error.message.includes("--dry-run=client"),
      );
    });
  }
});
