import assert from "node:assert/strict";
import { parseKubeObject, type KubeObject } from "../../../../../playground/api-server/kube-object.ts";
import { StatusError } from "../../../../../playground/api-server/status-error.ts";
import { ObjectStore, type Change } from "../../../../../playground/api-server/storage/object-store.ts";

const key = (name: string, namespace = "ns") => ({ resource: "things", namespace, name });

function thing(name: string, size = 0, namespace = "ns"): KubeObject {
  return parseKubeObject({ apiVersion: "v1", kind: "Thing", metadata: { name, namespace }, size });
}

function isExpired(error: unknown): boolean {
  return error instanceof StatusError && error.code === 410;
}

describe("ObjectStore", () => {
  it("each write gets the next revision as its resourceVersion", () => {
    const store = new ObjectStore({ historyLength: 10 });
    const first = store.put(key("a"), thing("a"));
    const second = store.put(key("a"), thing("a", 1));
    assert.equal(Number(second.metadata.resourceVersion), Number(first.metadata.resourceVersion) + 1);
    assert.equal(store.revision, Number(second.metadata.resourceVersion));
  });

  it("lists by namespace and name", () => {
    const store = new ObjectStore({ historyLength: 10 });
    for (const [name, namespace] of [
      ["b", "y"],
      ["c", "x"],
      ["a", "y"],
    ] as const) {
      store.put(key(name, namespace), thing(name, 0, namespace));
    }
    const names = store.list("things").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(names, ["x/c", "y/a", "y/b"]);
    assert.deepEqual(store.list("things", "x").length, 1);
  });

  it("shows created, changed and deleted objects in an earlier state", () => {
    const store = new ObjectStore({ historyLength: 10 });
    store.put(key("changed"), thing("changed", 1));
    store.put(key("deleted"), thing("deleted", 1));
    const revision = store.revision;
    store.put(key("created"), thing("created", 1));
    store.put(key("changed"), thing("changed", 2));
    store.remove(key("deleted"));
    const then = store.listAt("things", revision).map((object) => [object.metadata.name, object["size"]]);
    assert.deepEqual(then, [
      ["changed", 1],
      ["deleted", 1],
    ]);
    const now = store.list("things").map((object) => [object.metadata.name, object["size"]]);
    assert.deepEqual(now, [
      ["changed", 2],
      ["created", 1],
    ]);
  });

  it("gives the changes after a revision, with the revision of the deletion on a deleted object", () => {
    const store = new ObjectStore({ historyLength: 10 });
    store.put(key("a"), thing("a"));
    const revision = store.revision;
    store.put(key("a"), thing("a", 1));
    store.remove(key("a"));
    const changes = store.changesSince("things", revision);
    assert.deepEqual(
      changes.map(({ type }) => type),
      ["MODIFIED", "DELETED"],
    );
    assert.equal(changes[1]?.object.metadata.resourceVersion, String(store.revision));
  });

  it("a revision older than the history is expired, the oldest kept one is not", () => {
    const store = new ObjectStore({ historyLength: 3 });
    for (let size = 0; size < 20; size += 1) store.put(key("a"), thing("a", size));
    assert.throws(() => store.changesSince("things", 1), isExpired);
    assert.throws(() => store.listAt("things", 1), isExpired);
    assert.equal(store.changesSince("things", store.revision - 3).length, 3);
  });

  it("a list at a future revision is a timeout, as in kube-apiserver", () => {
    const store = new ObjectStore({ historyLength: 3 });
    assert.throws(() => store.listAt("things", 99), { code: 504 });
  });

  it("reports changes to listeners until they unsubscribe", () => {
    const store = new ObjectStore({ historyLength: 3 });
    const seen: Change["type"][] = [];
    const unsubscribe = store.subscribe(({ type }) => seen.push(type));
    store.put(key("a"), thing("a"));
    unsubscribe();
    store.remove(key("a"));
    assert.deepEqual(seen, ["ADDED"]);
  });
});
