import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseKubeObject, type KubeObject } from "../../../../../playground/api-server/kube-object.ts";
import { ObjectStore } from "../../../../../playground/api-server/storage/object-store.ts";

const write = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), size: fc.option(fc.nat(3)) });

function key(name: string) {
  return { resource: "things", namespace: "", name };
}

describe("ObjectStore under any sequence of writes", () => {
  it("shows each earlier revision unchanged, and its changes lead from there to the current one", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        const store = new ObjectStore({ historyLength: 100 });
        const states: { readonly revision: number; readonly objects: readonly KubeObject[] }[] = [];
        for (const { name, size } of writes) {
          states.push({ revision: store.revision, objects: store.list("things") });
          const object = parseKubeObject({ apiVersion: "v1", kind: "Thing", metadata: { name }, size });
          if (size === null) store.remove(key(name));
          else store.put(key(name), object);
        }
        for (const { revision, objects } of states) {
          assert.deepEqual(store.listAt("things", revision), objects);
          const replayed = new Map(objects.map((object) => [object.metadata.name, object]));
          for (const { type, object } of store.changesSince("things", revision)) {
            if (type === "DELETED") replayed.delete(object.metadata.name);
            else replayed.set(object.metadata.name, object);
          }
          const names = [...replayed].toSorted(([left], [right]) => (left < right ? -1 : 1));
          assert.deepEqual(
            names.map(([, object]) => object),
            store.list("things"),
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});
