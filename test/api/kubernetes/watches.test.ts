import assert from "node:assert/strict";
import { waitUntil } from "../../../playground/wait-until.ts";
import { embeddedWatchHistory } from "../../support/api-under-test.ts";
import { configMap, configMaps, namespace, services, useKubernetesApi } from "./kubernetes-stage.ts";
import { elements, expectCode, textOf } from "./read-answer.ts";

describe("watches of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  it("sendInitialEvents: every object, then a bookmark, then changes", async () => {
    await api.post(configMaps, configMap("watched", { data: { a: "1" } }));
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=20";
    const lines = await api.watch(`${configMaps}?${query}&fieldSelector=metadata.name%3Dwatched`, (line) => {
      if (line.type === "BOOKMARK") void api.patch(`${configMaps}/watched`, { data: { a: "2" } });
      return line.type === "MODIFIED";
    });
    assert.deepEqual(
      lines.map((line) => line.type),
      ["ADDED", "BOOKMARK", "MODIFIED"],
    );
    assert.equal(lines[1]?.object["metadata"]?.["annotations"]?.["k8s.io/initial-events-end"], "true");
  });

  it("resumes after a resourceVersion without losing or repeating a change", async () => {
    const { body } = await api.post(configMaps, configMap("resumed"));
    await api.patch(`${configMaps}/resumed`, { data: { a: "1" } });
    await api.delete(`${configMaps}/resumed`);
    const from = textOf(body["metadata"]?.["resourceVersion"]);
    const path = `${configMaps}?watch=true&resourceVersion=${from}&timeoutSeconds=20&fieldSelector=metadata.name%3Dresumed`;
    const lines = await api.watch(path, (_, count) => count === 2);
    assert.deepEqual(
      lines.map((line) => line.type),
      ["MODIFIED", "DELETED"],
    );
  });

  it("a resourceVersion that is too old is an Expired error in the stream", async () => {
    await api.post(configMaps, configMap("busy"));
    for (let index = 0; index < 2 * embeddedWatchHistory; index += 1) {
      await api.patch(`${configMaps}/busy`, { data: { a: String(index) } });
    }
    // kube-apiserver reads Events from etcd instead of its own cache, and the launcher keeps the history of etcd short.
    const path = `${namespace}/events?watch=true&resourceVersion=1&timeoutSeconds=1`;
    const error = await waitUntil("the end of the history", async () => {
      const [line] = await api.watch(path, () => true);
      return line?.type === "ERROR" && line.object;
    });
    assert.equal(error["code"], 410);
    assert.equal(error["reason"], "Expired");
  });

  it("an object that no longer matches the selector is deleted for the watch", async () => {
    const { body } = await api.post(configMaps, configMap("leaving", { labels: { group: "in" } }));
    await api.patch(`${configMaps}/leaving`, { metadata: { labels: { group: "out" } } });
    const from = textOf(body["metadata"]?.["resourceVersion"]);
    const path = `${configMaps}?watch=true&resourceVersion=${from}&timeoutSeconds=20&labelSelector=group%3Din`;
    const [line] = await api.watch(path, () => true);
    assert.equal(line?.type, "DELETED");
  });

  it("a Table watch sends one-row Tables", async () => {
    await api.post(configMaps, configMap("row", { data: { a: "1" } }));
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const path = `${configMaps}?watch=true&resourceVersion=0&timeoutSeconds=20&fieldSelector=metadata.name%3Drow`;
    const [line] = await api.watch(path, () => true, accept);
    assert.equal(line?.object["kind"], "Table");
    assert.deepEqual(
      elements(line?.object["rows"]).map((row) => elements(row["cells"]).slice(0, 2)),
      [["row", 1]],
    );
  });

  it("ends after timeoutSeconds", async () => {
    const lines = await api.watch(
      `${services}?watch=true&resourceVersion=0&timeoutSeconds=1&labelSelector=no%3Done`,
    );
    assert.deepEqual(lines, []);
  });

  it("sendInitialEvents without resourceVersionMatch is rejected", async () => {
    expectCode(await api.get(`${configMaps}?watch=true&sendInitialEvents=true`), 422);
  });
});
