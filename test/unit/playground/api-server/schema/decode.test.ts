import assert from "node:assert/strict";
import type { JsonObject } from "../../../../../playground/api-server/json-value.ts";
import { builtInSchema } from "../../../../../playground/api-server/schema/built-in-schemas.ts";
import { decode } from "../../../../../playground/api-server/schema/decode.ts";

describe("decoding of built-in objects", () => {
  const service = builtInSchema("V1Service");
  const rows: readonly {
    readonly rule: string;
    readonly object: JsonObject;
    readonly unknown?: readonly string[];
    readonly errors?: readonly RegExp[];
  }[] = [
    { rule: "known fields pass", object: { spec: { ports: [{ port: 1, targetPort: "http" }] } } },
    {
      rule: "unknown fields are reported with their path",
      object: { spec: { ports: [{ prt: 1 }] } },
      unknown: ["spec.ports[0].prt"],
    },
    { rule: "labels may have any key", object: { metadata: { labels: { x: "y" } } } },
    {
      rule: "a label is a string",
      object: { metadata: { labels: { x: 1 } } },
      errors: [/cannot unmarshal number.*metadata\.labels\.x of type string/],
    },
    {
      rule: "a port is an integer",
      object: { spec: { ports: [{ port: "80" }] } },
      errors: [/cannot unmarshal string.*port of type int32/],
    },
    {
      rule: "a list is a list",
      object: { spec: { ports: {} } },
      errors: [/cannot unmarshal object.*of type slice/],
    },
  ];
  for (const { rule, object, unknown = [], errors = [] } of rows) {
    it(rule, () => {
      const { unknownFields, typeErrors } = decode(service, object);
      assert.deepEqual(unknownFields, unknown);
      assert.equal(typeErrors.length, errors.length, typeErrors.join());
      for (const [index, pattern] of errors.entries()) assert.match(typeErrors[index] ?? "", pattern);
    });
  }

  it("nulls, empty lists and empty maps are omitted, empty structs are kept", () => {
    const pod = builtInSchema("V1PodSpec");
    const { value } = decode(pod, {
      nodeName: null,
      volumes: [{ name: "v", emptyDir: {} }],
      nodeSelector: {},
      tolerations: [],
    });
    assert.deepEqual(value, { volumes: [{ name: "v", emptyDir: {} }] });
  });

  it("quantities may be numbers", () => {
    const { value } = decode(builtInSchema("V1ResourceRequirements"), { limits: { cpu: 2 } });
    assert.deepEqual(value, { limits: { cpu: "2" } });
  });
});

describe("built-in schemas", () => {
  it("have types, formats, required fields and descriptions of the client library's models", () => {
    const port = builtInSchema("V1ServicePort");
    assert.deepEqual(port.required, ["port"]);
    assert.equal(port.properties?.["port"]?.format, "int32");
    assert.match(port.properties?.["protocol"]?.description ?? "", /"TCP", "UDP", and "SCTP"/);
    assert.equal(port.properties?.["targetPort"]?.["x-kubernetes-int-or-string"], true);
  });

  it("have merge rules", () => {
    const ports = builtInSchema("V1ServiceSpec").properties?.["ports"];
    assert.deepEqual(ports?.["x-kubernetes-list-map-keys"], ["port", "protocol"]);
    assert.equal(ports?.["x-kubernetes-patch-merge-key"], "port");
  });
});
