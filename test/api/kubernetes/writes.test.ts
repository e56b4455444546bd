import assert from "node:assert/strict";
import { configMap, configMaps, service, services, useKubernetesApi } from "./kubernetes-stage.ts";
import { elements, expectCode, textOf } from "./read-answer.ts";
import { widget, widgets } from "./widget.ts";

describe("writes to the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  it("a stale resourceVersion is a conflict", async () => {
    const { body } = await api.post(configMaps, configMap("stale"));
    await api.patch(`${configMaps}/stale`, { data: { a: "1" } });
    const answer = expectCode(await api.put(`${configMaps}/stale`, body), 409);
    assert.equal(answer.body["reason"], "Conflict");
    assert.match(textOf(answer.body["message"]), /the object has been modified; please apply your changes/);
  });

  it("a write that changes nothing keeps the resourceVersion", async () => {
    const { body } = await api.post(configMaps, configMap("same", { data: { a: "1" } }));
    const again = await api.patch(`${configMaps}/same`, { data: { a: "1" } });
    assert.equal(again.body["metadata"]?.["resourceVersion"], body["metadata"]?.["resourceVersion"]);
  });

  it("dryRun=All returns the resulting object and stores nothing", async () => {
    const created = expectCode(await api.post(`${configMaps}?dryRun=All`, configMap("dry")), 201);
    assert.equal(created.body["metadata"]?.["name"], "dry");
    expectCode(await api.get(`${configMaps}/dry`), 404);
    await api.post(widgets, widget("dry", { size: 1 }));
    const patched = await api.patch(`${widgets}/dry?dryRun=All`, { spec: { size: 2 } });
    assert.equal(patched.body["metadata"]?.["generation"], 2);
    const { body } = await api.get(`${widgets}/dry`);
    assert.equal(body["spec"]?.["size"], 1);
    assert.equal(body["metadata"]?.["generation"], 1);
    assert.equal(patched.body["metadata"]?.["resourceVersion"], body["metadata"]?.["resourceVersion"]);
  });

  it("a PUT into another namespace is rejected", async () => {
    await api.post(configMaps, configMap("moved"));
    const body = { ...configMap("moved"), metadata: { name: "moved", namespace: "default" } };
    expectCode(await api.put(`${configMaps}/moved`, body), 400);
  });

  it("JSON patch tests, adds, moves and removes", async () => {
    await api.post(configMaps, configMap("jsonpatch", { data: { a: "1", b: "2" } }));
    const { body } = expectCode(
      await api.patch(
        `${configMaps}/jsonpatch`,
        [
          { op: "test", path: "/data/a", value: "1" },
          { op: "add", path: "/metadata/annotations", value: {} },
          { op: "add", path: "/metadata/annotations/test.kubesteer.dev~1note", value: "3" },
          { op: "move", from: "/data/b", path: "/data/e" },
          { op: "remove", path: "/data/a" },
        ],
        "json",
      ),
      200,
    );
    assert.deepEqual(body["data"], { e: "2" });
    assert.deepEqual(body["metadata"]?.["annotations"], { "test.kubesteer.dev/note": "3" });
  });

  it("a JSON patch whose test fails changes nothing", async () => {
    await api.post(configMaps, configMap("jsontest", { data: { a: "1" } }));
    const patch = [
      { op: "test", path: "/data/a", value: "2" },
      { op: "remove", path: "/data/a" },
    ];
    expectCode(await api.patch(`${configMaps}/jsontest`, patch, "json"), 422);
    assert.deepEqual((await api.get(`${configMaps}/jsontest`)).body["data"], { a: "1" });
  });

  it("strategic merge patch merges Service ports by port and supports $patch: delete", async () => {
    const ports = [
      { name: "http", port: 80 },
      { name: "https", port: 443 },
    ];
    expectCode(await api.post(services, service("strategic", { ports })), 201);
    const patch = {
      spec: {
        "$setElementOrder/ports": [{ port: 443 }, { port: 81 }],
        ports: [
          { name: "http", port: 81, targetPort: 8080 },
          { $patch: "delete", port: 80 },
        ],
      },
    };
    const { body } = expectCode(await api.patch(`${services}/strategic`, patch, "strategic"), 200);
    const numbers = elements(body["spec"]?.["ports"]).map((port) => port["port"]);
    assert.deepEqual(numbers, [443, 81]);
  });

  it("custom resources have no strategic merge patch", async () => {
    await api.post(widgets, widget("unstrategic"));
    expectCode(await api.patch(`${widgets}/unstrategic`, {}, "strategic"), 415);
  });
});
