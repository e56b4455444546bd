import assert from "node:assert/strict";
import { configMap, configMaps, useKubernetesApi } from "./kubernetes-stage.ts";
import { elements, expectCode, namesOf, textOf } from "./read-answer.ts";
import { widget, widgets } from "./widget.ts";

describe("lists of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  before(async () => {
    for (const index of [1, 2, 3, 4, 5]) {
      const labels = { app: "paged", index: String(index), ...(index % 2 === 0 ? { even: "yes" } : {}) };
      expectCode(await api.post(configMaps, configMap(`page-${index}`, { labels })), 201);
    }
  });

  const selections: readonly { readonly selector: string; readonly names: readonly number[] }[] = [
    { selector: "app=paged,even=yes", names: [2, 4] },
    { selector: "app==paged,even!=yes", names: [1, 3, 5] },
    { selector: "app=paged,index in (1, 5)", names: [1, 5] },
    { selector: "app=paged,index notin (1,5)", names: [2, 3, 4] },
    { selector: "app=paged,even", names: [2, 4] },
    { selector: "app=paged,!even", names: [1, 3, 5] },
    { selector: "app=paged,index>3", names: [4, 5] },
  ];
  for (const { selector, names } of selections) {
    it(`label selector ${selector}`, async () => {
      const { body } = expectCode(
        await api.get(`${configMaps}?labelSelector=${encodeURIComponent(selector)}`),
        200,
      );
      assert.deepEqual(
        namesOf(body),
        names.map((index) => `page-${index}`),
      );
    });
  }

  it("field selector metadata.name", async () => {
    const { body } = await api.get(`${configMaps}?fieldSelector=metadata.name%3Dpage-2`);
    assert.deepEqual(namesOf(body), ["page-2"]);
  });

  it("a field selector that the kind does not support is rejected", async () => {
    const { body } = expectCode(await api.get(`${widgets}?fieldSelector=spec.size%3D1`), 400);
    assert.match(textOf(body["message"]), /field label not supported: spec.size/);
  });

  it("an invalid label selector is rejected", async () => {
    expectCode(await api.get(`${configMaps}?labelSelector=a%20b%20c`), 400);
  });

  it("all pages show the same state of the list, regardless of changes between them", async () => {
    const first = await api.get(`${configMaps}?labelSelector=app%3Dpaged&limit=2`);
    assert.deepEqual(namesOf(first.body), ["page-1", "page-2"]);
    await api.post(configMaps, configMap("page-25", { labels: { app: "paged" } }));
    const token = textOf(first.body["metadata"]?.["continue"]);
    const second = await api.get(
      `${configMaps}?labelSelector=app%3Dpaged&limit=2&continue=${encodeURIComponent(token)}`,
    );
    assert.deepEqual(namesOf(second.body), ["page-3", "page-4"]);
    assert.equal(second.body["metadata"]?.["resourceVersion"], first.body["metadata"]?.["resourceVersion"]);
    await api.delete(`${configMaps}/page-25`);
  });

  it("resourceVersionMatch without resourceVersion is rejected", async () => {
    expectCode(await api.get(`${configMaps}?resourceVersionMatch=Exact`), 422);
  });

  it("an invalid token is rejected", async () => {
    expectCode(await api.get(`${configMaps}?limit=1&continue=nonsense`), 400);
  });

  it("a Table has the definition's columns and a row per object", async () => {
    await api.post(widgets, widget("tabular", { color: "green" }));
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const { body } = expectCode(
      await api.get(`${widgets}?fieldSelector=metadata.name%3Dtabular`, { accept }),
      200,
    );
    assert.equal(body["kind"], "Table");
    const columns = elements(body["columnDefinitions"]).map(({ name, priority }) => [name, priority]);
    assert.deepEqual(columns, [
      ["Name", 0],
      ["Size", 0],
      ["Ready", 0],
      ["Color", 1],
    ]);
    const [row] = elements(body["rows"]);
    assert.deepEqual(row?.["cells"], ["tabular", 3, null, "green"]);
    assert.equal(row?.["object"]?.["kind"], "PartialObjectMetadata");
  });
});
