import assert from "node:assert/strict";
import type { ApiAnswer } from "../../support/api-requests.ts";
import { useKubernetesApi } from "./kubernetes-stage.ts";
import { causesOf, elements, expectCode, textOf } from "./read-answer.ts";
import { widget, widgets } from "./widget.ts";

describe("server-side apply of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  /** Server-side apply of a widget. */
  const apply = (name: string, manager: string, spec: object, force = false): Promise<ApiAnswer> =>
    api.patch(
      `${widgets}/${name}?fieldManager=${manager}&force=${String(force)}`,
      widget(name, spec),
      "apply",
    );

  /** Server-side apply of the conditions of the widget `reported`. */
  const applyConditions = (manager: string, conditions: readonly object[]): Promise<ApiAnswer> =>
    api.patch(
      `${widgets}/reported/status?fieldManager=${manager}&force=true`,
      { ...widget("reported"), spec: undefined, status: { conditions } },
      "apply",
    );

  it("creates an object and owns its fields", async () => {
    const { body } = expectCode(
      await apply("applied", "one", { color: "red", parts: [{ name: "a", weight: 1 }] }),
      201,
    );
    const [entry] = elements(body["metadata"]?.["managedFields"]);
    assert.equal(entry?.["operation"], "Apply");
    assert.deepEqual(entry?.["fieldsV1"], {
      "f:spec": {
        "f:color": {},
        "f:parts": { 'k:{"name":"a"}': { ".": {}, "f:name": {}, "f:weight": {} } },
      },
    });
  });

  it("a field of another manager is a conflict unless forced", async () => {
    await apply("contested", "one", { color: "red" });
    const answer = expectCode(await apply("contested", "two", { color: "green" }), 409);
    assert.match(
      textOf(answer.body["message"]),
      /Apply failed with 1 conflict: conflict with "one": \.spec\.color/,
    );
    assert.deepEqual(causesOf(answer), [{ field: ".spec.color", reason: "FieldManagerConflict" }]);
    const forced = expectCode(await apply("contested", "two", { color: "green" }, true), 200);
    const managers = elements(forced.body["metadata"]?.["managedFields"]).map((entry) => entry["manager"]);
    assert.deepEqual(managers, ["two"]);
  });

  it("conflicts with several managers are listed by manager, without times", async () => {
    await apply("disputed", "one", { color: "red" });
    await api.patch(`${widgets}/disputed?fieldManager=editor`, { spec: { size: 4 } });
    const answer = expectCode(await apply("disputed", "two", { color: "green", size: 5 }), 409);
    assert.equal(
      answer.body["message"],
      'Apply failed with 2 conflicts: conflicts with "editor" using test.kubesteer.dev/v1:\n- .spec.size\n' +
        'conflicts with "one":\n- .spec.color',
    );
  });

  const untypable: readonly { readonly name: string; readonly spec: object; readonly message: RegExp }[] = [
    { name: "a value of the wrong type", spec: { color: 1 }, message: /\.spec\.color: expected string, got/ },
    {
      name: "a list item without its key",
      spec: { parts: [{ weight: 1 }] },
      message:
        /\.spec\.parts: element 0: associative list with keys has an element that omits all key fields/,
    },
    {
      name: "a duplicate list item",
      spec: { parts: [{ name: "a" }, { name: "a" }] },
      message: /\.spec\.parts: duplicate entries for key \[name="a"\]/,
    },
    {
      name: "a duplicate value in a set",
      spec: { tags: ["x", "x"] },
      message: /\.spec\.tags: duplicate entries for key \[="x"\]/,
    },
  ];
  for (const { name, spec, message } of untypable) {
    it(`${name} is an error before any other validation`, async () => {
      const answer = expectCode(await apply("untypable", "one", spec), 500);
      assert.match(textOf(answer.body["message"]), message);
    });
  }

  it("the same value is shared without a conflict", async () => {
    await apply("shared", "one", { color: "red" });
    expectCode(await apply("shared", "two", { color: "red" }), 200);
    const { body } = expectCode(await apply("shared", "one", {}), 200);
    assert.equal(body["spec"]?.["color"], "red");
  });

  it("fields that a manager no longer applies are removed unless another manager owns them", async () => {
    await apply("dropped", "one", {
      color: "red",
      parts: [{ name: "a" }, { name: "b" }],
      tags: ["x", "y"],
    });
    await apply("dropped", "two", { parts: [{ name: "b", weight: 2 }], tags: ["y"] });
    const { body } = expectCode(await apply("dropped", "one", {}), 200);
    assert.deepEqual(body["spec"], { size: 3, parts: [{ name: "b", weight: 2 }], tags: ["y"] });
  });

  it("map lists merge by key, sets by value, atomic lists are replaced", async () => {
    await apply("merged", "one", { parts: [{ name: "a", weight: 1 }], tags: ["x"], words: ["p"] });
    const { body } = expectCode(
      await apply("merged", "two", { parts: [{ name: "b", weight: 2 }], tags: ["y"], words: ["q"] }, true),
      200,
    );
    assert.deepEqual(body["spec"]?.["parts"], [
      { name: "a", weight: 1 },
      { name: "b", weight: 2 },
    ]);
    assert.deepEqual(body["spec"]?.["tags"], ["x", "y"]);
    assert.deepEqual(body["spec"]?.["words"], ["q"]);
  });

  it("an update becomes the owner of the fields that it changes", async () => {
    await apply("updated", "one", { color: "red" });
    await api.patch(`${widgets}/updated?fieldManager=editor`, { spec: { color: "green" } });
    const answer = expectCode(await apply("updated", "one", { color: "red" }), 409);
    assert.match(textOf(answer.body["message"]), /conflict with "editor"/);
  });

  it("a field that the schema lacks is an error even without strict validation", async () => {
    expectCode(await apply("untyped", "one", { shape: "round" }), 500);
  });

  it("status is applied through its own path and owned separately", async () => {
    await apply("reported", "user", { color: "red" });
    await applyConditions("a", [{ type: "Ready", status: "True" }]);
    const { body } = expectCode(await applyConditions("b", [{ type: "Stalled", status: "False" }]), 200);
    assert.deepEqual(
      elements(body["status"]?.["conditions"]).map((condition) => condition["type"]),
      ["Ready", "Stalled"],
    );
    assert.equal(body["metadata"]?.["generation"], 1);
    const again = await applyConditions("a", []);
    assert.deepEqual(
      elements(again.body["status"]?.["conditions"]).map((condition) => condition["type"]),
      ["Stalled"],
    );
  });

  it("the spec in a status apply has no effect and gets no owner", async () => {
    await apply("halved", "user", { color: "red" });
    const body = { ...widget("halved", { color: "green" }), status: { observedGeneration: 1 } };
    const applied = await api.patch(`${widgets}/halved/status?fieldManager=operator`, body, "apply");
    expectCode(applied, 200);
    assert.equal(applied.body["spec"]?.["color"], "red");
    const entries = elements(applied.body["metadata"]?.["managedFields"]);
    const ownedBy = (name: string): unknown =>
      entries.find((entry) => textOf(entry["manager"]) === name)?.["fieldsV1"];
    assert.deepEqual(ownedBy("operator"), { "f:status": { "f:observedGeneration": {} } });
    assert.deepEqual(ownedBy("user"), { "f:spec": { "f:color": {} } });
  });

  it("applying the same object again changes nothing", async () => {
    const first = await apply("stable", "one", { color: "red" });
    const second = expectCode(await apply("stable", "one", { color: "red" }), 200);
    assert.equal(second.body["metadata"]?.["resourceVersion"], first.body["metadata"]?.["resourceVersion"]);
  });
});
