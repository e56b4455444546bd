import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseKubeObject, type KubeObject } from "../../../../../playground/api-server/kube-object.ts";
import { openJournal } from "../../../../../playground/api-server/storage/journal.ts";
import { ObjectStore } from "../../../../../playground/api-server/storage/object-store.ts";

const key = (name: string) => ({ resource: "things", namespace: "", name });

function thing(name: string, size: number): KubeObject {
  return parseKubeObject({ apiVersion: "v1", kind: "Thing", metadata: { name }, size });
}

describe("journal", () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "journal-"));
    path = join(folder, "data", "journal.jsonl");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function openStore(historyLength = 10): ObjectStore {
    const journal = openJournal(path, historyLength);
    return new ObjectStore({ historyLength, initial: journal.state, log: journal });
  }

  it("a reopened store has the same objects, revision and history", () => {
    const store = openStore();
    store.put(key("a"), thing("a", 1));
    store.put(key("b"), thing("b", 1));
    const revision = store.revision;
    store.put(key("a"), thing("a", 2));
    store.remove(key("b"));
    const reopened = openStore();
    assert.equal(reopened.revision, store.revision);
    assert.deepEqual(reopened.list("things"), store.list("things"));
    assert.deepEqual(reopened.changesSince("things", revision), store.changesSince("things", revision));
  });

  it("reopening several times loses nothing", () => {
    const store = openStore(2);
    for (let size = 0; size < 9; size += 1) store.put(key("a"), thing("a", size));
    openStore(2);
    const reopened = openStore(2);
    assert.deepEqual(reopened.list("things"), store.list("things"));
    assert.equal(reopened.changesSince("things", store.revision - 2).length, 2);
    assert.throws(() => reopened.changesSince("things", store.revision - 3), { code: 410 });
  });

  it("an incomplete last line is dropped", () => {
    const store = openStore();
    store.put(key("a"), thing("a", 1));
    const whole = store.put(key("a"), thing("a", 2));
    appendFileSync(path, '{"kind":"change","type":"MODIFIED","key":{"resource":"thi');
    const reopened = openStore();
    assert.deepEqual(reopened.get(key("a")), whole);
    reopened.put(key("a"), thing("a", 3));
    assert.equal(openStore().get(key("a"))?.["size"], 3);
  });

  it("any other invalid line is an error with file and line", () => {
    openStore().put(key("a"), thing("a", 1));
    writeFileSync(path, `garbage\n${readFileSync(path, "utf8")}`);
    assert.throws(() => openStore(), /journal\.jsonl:1: not a journal line/);
  });
});
