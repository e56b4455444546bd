import assert from "node:assert/strict";
import { parseKubeObject } from "../../../../../playground/api-server/kube-object.ts";
import { builtInResources } from "../../../../../playground/api-server/resources/built-in-resources.ts";
import { parseFieldSelector } from "../../../../../playground/api-server/selectors/field-selector.ts";
import { parseLabelSelector } from "../../../../../playground/api-server/selectors/label-selector.ts";

function labelled(labels: Readonly<Record<string, string>>) {
  return parseKubeObject({ apiVersion: "v1", kind: "Thing", metadata: { name: "n", labels } });
}

describe("label selector", () => {
  const rows: readonly {
    readonly selector: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly matches: boolean;
  }[] = [
    { selector: "", labels: {}, matches: true },
    { selector: "a=b", labels: { a: "b" }, matches: true },
    { selector: "a=b,c=d", labels: { a: "b" }, matches: false },
    { selector: "a=", labels: { a: "" }, matches: true },
    { selector: "a!=b", labels: {}, matches: true },
    { selector: "a notin (b)", labels: {}, matches: true },
    { selector: "a in (b, c),d", labels: { a: "c", d: "" }, matches: true },
    { selector: "!a", labels: { a: "" }, matches: false },
    { selector: "a>1", labels: { a: "2" }, matches: true },
    { selector: "a>1", labels: { a: "x" }, matches: false },
    { selector: "app.kubernetes.io/name = kp", labels: { "app.kubernetes.io/name": "kp" }, matches: true },
    { selector: "toString", labels: {}, matches: false },
  ];
  for (const { selector, labels, matches } of rows) {
    it(`${JSON.stringify(selector)} ${matches ? "matches" : "does not match"} ${JSON.stringify(labels)}`, () => {
      assert.equal(parseLabelSelector(selector)(labelled(labels)), matches);
    });
  }

  for (const selector of ["a b", "a in b", "!a=b", "=b"]) {
    it(`${selector} is rejected`, () => assert.throws(() => parseLabelSelector(selector), { code: 400 }));
  }
});

describe("field selector", () => {
  const events = builtInResources.find((type) => type.plural === "events");
  assert.ok(events !== undefined);
  const event = parseKubeObject({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "e", namespace: "default" },
    involvedObject: { kind: "Node", name: "a,b" },
  });

  it("a missing field is equal to the empty text", () => {
    assert.ok(parseFieldSelector(events, "involvedObject.namespace=,involvedObject.kind=Node")(event));
  });

  it("!= matches other values", () => {
    assert.equal(parseFieldSelector(events, "metadata.namespace!=default")(event), false);
  });

  it("escaped commas are part of the value", () => {
    assert.ok(parseFieldSelector(events, "involvedObject.name=a\\,b")(event));
  });

  it("a field that is not selectable is rejected", () => {
    assert.throws(() => parseFieldSelector(events, "message=x"), { code: 400 });
  });
});
