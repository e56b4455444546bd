import assert from "node:assert/strict";
import { useKubernetesApi } from "./kubernetes-stage.ts";
import { causesOf, expectCode, textOf } from "./read-answer.ts";
import { widget, widgets } from "./widget.ts";

describe("custom resources of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  it("defaults are filled in and unknown fields pruned", async () => {
    const { body } = expectCode(await api.post(widgets, widget("pruned", { shape: "round" })), 201);
    assert.deepEqual(body["spec"], { size: 3 });
    assert.equal(body["metadata"]?.["generation"], 1);
  });

  it("schema violations have a field and a reason", async () => {
    const answer = expectCode(await api.post(widgets, widget("bad", { size: 0, color: "blue" })), 422);
    assert.equal(answer.body["reason"], "Invalid");
    const causes = causesOf(answer).filter((cause) => JSON.stringify(cause).includes("spec."));
    assert.deepEqual(
      causes.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)),
      [
        { field: "spec.color", reason: "FieldValueNotSupported" },
        { field: "spec.size", reason: "FieldValueInvalid" },
      ],
    );
  });

  it("rules see the whole object", async () => {
    const answer = expectCode(await api.post(widgets, widget("red", { size: 20, color: "red" })), 422);
    assert.match(textOf(answer.body["message"]), /spec: Invalid value: red widgets are small$/);
    assert.deepEqual(causesOf(answer), [{ field: "spec", reason: "FieldValueInvalid" }]);
  });

  it("transition rules see the old value", async () => {
    await api.post(widgets, widget("serial", { serial: "a" }));
    const answer = expectCode(await api.patch(`${widgets}/serial`, { spec: { serial: "b" } }), 422);
    assert.match(textOf(answer.body["message"]), /spec\.serial: Invalid value: "b": serial is immutable$/);
  });

  it("spec and status are written separately, and only the spec changes the generation", async () => {
    await api.post(widgets, { ...widget("halves"), status: { observedGeneration: 9 } });
    const created = await api.get(`${widgets}/halves`);
    assert.equal(created.body["status"], undefined);
    await api.patch(`${widgets}/halves/status`, { spec: { size: 9 }, status: { observedGeneration: 1 } });
    await api.patch(`${widgets}/halves`, { spec: { size: 4 }, status: { observedGeneration: 7 } });
    const { body } = await api.get(`${widgets}/halves`);
    assert.deepEqual(body["spec"], { size: 4 });
    assert.deepEqual(body["status"], { observedGeneration: 1 });
    assert.equal(body["metadata"]?.["generation"], 2);
  });

  it("a PUT needs a resourceVersion", async () => {
    await api.post(widgets, widget("put"));
    expectCode(await api.put(`${widgets}/put`, widget("put", { size: 5 })), 422);
  });
});
