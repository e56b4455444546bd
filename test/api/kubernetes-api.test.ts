import assert from "node:assert/strict";
import { createApiRequests, type ApiAnswer, type ApiRequests, type Json } from "../support/api-requests.ts";
import { embeddedWatchHistory, startApiUnderTest, type ApiUnderTest } from "../support/api-under-test.ts";
import { skipBecause } from "../support/skip.ts";
import { waitUntil } from "../../playground/wait-until.ts";

const namespace = "/api/v1/namespaces/api-test";
const configMaps = `${namespace}/configmaps`;
const services = `${namespace}/services`;
const widgets = "/apis/test.kubesteer.dev/v1/widgets";

const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.kubesteer.dev" },
  spec: {
    group: "test.kubesteer.dev",
    scope: "Cluster",
    names: {
      plural: "widgets",
      singular: "widget",
      kind: "Widget",
      listKind: "WidgetList",
      shortNames: ["wd"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Size", type: "integer", jsonPath: ".spec.size" },
          { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: "Color", type: "string", jsonPath: ".spec.color", priority: 1 },
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", minimum: 1, default: 3 },
                  color: { type: "string", enum: ["red", "green"] },
                  serial: {
                    type: "string",
                    "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "serial is immutable" }],
                  },
                  parts: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: { name: { type: "string" }, weight: { type: "integer" } },
                    },
                  },
                  tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
                  words: { type: "array", items: { type: "string" } },
                },
                "x-kubernetes-validations": [
                  {
                    rule: "!has(self.color) || self.color != 'red' || self.size < 10",
                    message: "red widgets are small",
                  },
                ],
              },
              status: {
                type: "object",
                properties: {
                  observedGeneration: { type: "integer" },
                  conditions: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["type"],
                    items: {
                      type: "object",
                      required: ["type"],
                      properties: { type: { type: "string" }, status: { type: "string" } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

function widget(name: string, spec: object = {}): object {
  return { apiVersion: "test.kubesteer.dev/v1", kind: "Widget", metadata: { name }, spec };
}

function configMap(name: string, facts: { readonly labels?: object; readonly data?: object } = {}): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels: facts.labels ?? {} },
    data: facts.data ?? {},
  };
}

function service(name: string, spec: object): object {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec };
}

/** A Lease. */
function renewedAt(renewTime: string): object {
  return { metadata: { name: "lease" }, spec: { renewTime } };
}

function namesOf(list: Json | undefined): readonly string[] {
  return elements(list?.["items"]).map((item) => textOf(item["metadata"]?.["name"]));
}

function elements(list: unknown): readonly Json[] {
  return Array.isArray(list) ? list : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function expectCode(answer: ApiAnswer, code: number): ApiAnswer {
  assert.equal(answer.code, code, answer.text);
  return answer;
}

function causesOf(answer: ApiAnswer): readonly unknown[] {
  return elements(answer.body["details"]?.["causes"]).map(({ field, reason }) => ({ field, reason }));
}

/** Node ports by the name of the port. */
function nodePortsOf(answer: ApiAnswer): ReadonlyMap<string, number> {
  const ports = elements(answer.body["spec"]?.["ports"]);
  return new Map(ports.map((port) => [textOf(port["name"]), Number(port["nodePort"])]));
}

/** DeleteOptions in protobuf with the encoded fields. */
function protobufOptions(fields: string): Buffer {
  const content = String.fromCharCode(fields.length) + fields;
  return Buffer.from(`k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12${content}\x1a\0"\0`, "latin1");
}

/** Milliseconds since the epoch. */
function deletionTimeOf(metadata: Json | undefined): number {
  return Date.parse(textOf(metadata?.["deletionTimestamp"]));
}

describe("Kubernetes API", function () {
  this.timeout(90_000);
  let server: ApiUnderTest;
  let api: ApiRequests;

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

  before(async () => {
    server = await startApiUnderTest();
    api = createApiRequests(server);
    expectCode(await api.post("/api/v1/namespaces", { metadata: { name: "api-test" } }), 201);
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    expectCode(await api.post(definitions, widgetDefinition), 201);
    await waitUntil("widgets to be served", async () => (await api.get(widgets)).code === 200);
  });

  after(() => server?.close());

  describe("objects", () => {
    it("a new object gets uid, creationTimestamp, resourceVersion and managedFields", async () => {
      const { body } = expectCode(await api.post(configMaps, configMap("fresh", { data: { a: "1" } })), 201);
      const metadata = body["metadata"];
      assert.match(textOf(metadata?.["uid"]), /^[0-9a-f-]{36}$/);
      assert.match(textOf(metadata?.["creationTimestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.match(textOf(metadata?.["resourceVersion"]), /^\d+$/);
      const [entry] = elements(metadata?.["managedFields"]);
      assert.equal(entry?.["manager"], "kubesteer-test");
      assert.equal(entry?.["operation"], "Update");
      assert.deepEqual(entry?.["fieldsV1"], { "f:data": { ".": {}, "f:a": {} } });
    });

    it("an existing name is rejected as AlreadyExists", async () => {
      await api.post(configMaps, configMap("twice"));
      const { body } = expectCode(await api.post(configMaps, configMap("twice")), 409);
      assert.equal(body["reason"], "AlreadyExists");
      assert.equal(body["message"], 'configmaps "twice" already exists');
    });

    it("a missing object is NotFound with its name and kind", async () => {
      const { body } = expectCode(await api.get(`${widgets}/none`), 404);
      assert.equal(body["reason"], "NotFound");
      assert.deepEqual(body["details"], { name: "none", group: "test.kubesteer.dev", kind: "widgets" });
    });

    it("an object may have one controller only", async () => {
      const owners = ["a", "b"].map((name) => ({
        apiVersion: "v1",
        kind: "Node",
        name,
        uid: name,
        controller: true,
      }));
      const answer = await api.post(configMaps, { metadata: { name: "contended", ownerReferences: owners } });
      assert.match(
        textOf(expectCode(answer, 422).body["message"]),
        /Only one reference can have Controller set to true/,
      );
    });

    it("times with microseconds have six fractional digits", async () => {
      const leases = "/apis/coordination.k8s.io/v1/namespaces/api-test/leases";
      const answer = expectCode(await api.post(leases, renewedAt("2026-01-01T00:00:00.123Z")), 400);
      assert.match(
        textOf(answer.body["message"]),
        /Lease in version "v1" cannot be handled as a Lease: parsing time/,
      );
      expectCode(await api.post(leases, renewedAt("2026-01-01T00:00:00.123000Z")), 201);
    });

    it("generateName gets a random suffix", async () => {
      const { body } = expectCode(await api.post(configMaps, { metadata: { generateName: "made-" } }), 201);
      assert.match(textOf(body["metadata"]?.["name"]), /^made-[a-z0-9]{5}$/);
    });

    it("an object in a namespace that does not exist is rejected", async () => {
      const { body } = expectCode(
        await api.post("/api/v1/namespaces/nowhere/configmaps", configMap("a")),
        404,
      );
      assert.equal(body["message"], 'namespaces "nowhere" not found');
    });

    it("unknown fields are rejected with strict validation, and dropped with a warning otherwise", async () => {
      const odd = { ...configMap("odd"), colour: "red" };
      const refused = expectCode(await api.post(`${configMaps}?fieldValidation=Strict`, odd), 400);
      assert.match(textOf(refused.body["message"]), /strict decoding error: unknown field "colour"/);
      const { body, warning } = expectCode(await api.post(configMaps, odd), 201);
      assert.equal(body["colour"], undefined);
      assert.equal(warning, '299 - "unknown field \\"colour\\""');
    });

    it("a custom resource needs kind and apiVersion in its body", async () => {
      const { body } = expectCode(await api.post(widgets, { metadata: { name: "kindless" } }), 400);
      assert.match(textOf(body["message"]), /Object 'Kind' is missing in/);
    });

    it("an Event about a cluster-scoped object is in the namespace default", async () => {
      const event = {
        metadata: { generateName: "e-" },
        involvedObject: { kind: "Widget", name: "w" },
        reason: "R",
        type: "Normal",
      };
      expectCode(await api.post("/api/v1/namespaces/default/events", event), 201);
      const answer = expectCode(await api.post(`${namespace}/events`, event), 422);
      assert.deepEqual(causesOf(answer), [
        { field: "involvedObject.namespace", reason: "FieldValueInvalid" },
      ]);
    });

    it("an Event is visible in both of its API groups", async () => {
      const involvedObject = { kind: "Node", name: "twice" };
      const event = {
        metadata: { name: "both" },
        involvedObject,
        reason: "R",
        message: "text",
        type: "Normal",
      };
      expectCode(await api.post("/api/v1/namespaces/default/events", event), 201);
      const { body } = expectCode(
        await api.get("/apis/events.k8s.io/v1/namespaces/default/events/both"),
        200,
      );
      assert.equal(body["note"], "text");
      assert.deepEqual(body["regarding"], involvedObject);
      assert.equal(body["apiVersion"], "events.k8s.io/v1");
    });

    it("a body of an unknown media type is rejected with 415", async () => {
      const answer = await api.post(configMaps, {}, { contentType: "application/octet-stream" });
      expectCode(answer, 415);
    });
  });

  describe("writes", () => {
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

  describe("lists", () => {
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

  describe("watches", () => {
    it("sendInitialEvents: every object, then a bookmark, then changes", async () => {
      await api.post(configMaps, configMap("watched", { data: { a: "1" } }));
      const query =
        "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=20";
      const lines = await api.watch(
        `${configMaps}?${query}&fieldSelector=metadata.name%3Dwatched`,
        (line) => {
          if (line.type === "BOOKMARK") void api.patch(`${configMaps}/watched`, { data: { a: "2" } });
          return line.type === "MODIFIED";
        },
      );
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

  describe("custom resources", () => {
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

  describe("server-side apply", () => {
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
      {
        name: "a value of the wrong type",
        spec: { color: 1 },
        message: /\.spec\.color: expected string, got/,
      },
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

  describe("deletion", () => {
    it("answers with a Status if the object is removed", async () => {
      await api.post(configMaps, configMap("gone"));
      const { body } = expectCode(await api.delete(`${configMaps}/gone`), 200);
      assert.equal(body["status"], "Success");
      assert.equal(body["details"]?.["name"], "gone");
      expectCode(await api.get(`${configMaps}/gone`), 404);
    });

    it("a wrong uid in the preconditions is a conflict", async () => {
      await api.post(configMaps, configMap("kept"));
      expectCode(await api.delete(`${configMaps}/kept`, { preconditions: { uid: "other" } }), 409);
      expectCode(await api.get(`${configMaps}/kept`), 200);
    });

    it("options may be protobuf, as kubectl drain sends them", async () => {
      const contentType = "application/vnd.kubernetes.protobuf";
      await api.post(configMaps, configMap("drained"));
      const wrongUid = "\x12\x07\n\x05other";
      const dryRun = "*\x03All";
      const path = `${configMaps}/drained`;
      expectCode(await api.delete(path, protobufOptions(wrongUid), { contentType }), 409);
      expectCode(await api.delete(path, protobufOptions(`\x08\0${dryRun}`), { contentType }), 200);
      expectCode(await api.get(path), 200);
      expectCode(await api.delete(path, protobufOptions(""), { contentType }), 200);
      expectCode(await api.get(path), 404);
    });

    it("a pod on a node still exists for its grace period, which a later deletion may shorten", async () => {
      const pods = `${namespace}/pods`;
      const spec = {
        nodeName: "node",
        terminationGracePeriodSeconds: 600,
        containers: [{ name: "a", image: "b" }],
      };
      expectCode(await api.post(pods, { metadata: { name: "lasting" }, spec }), 201);
      const first = expectCode(await api.delete(`${pods}/lasting`), 200).body["metadata"];
      assert.equal(first?.["deletionGracePeriodSeconds"], 600);
      const sooner = expectCode(await api.delete(`${pods}/lasting`, { gracePeriodSeconds: 60 }), 200);
      const second = sooner.body["metadata"];
      assert.equal(second?.["deletionGracePeriodSeconds"], 60);
      assert.equal(deletionTimeOf(first) - deletionTimeOf(second), 540_000);
      expectCode(await api.delete(`${pods}/lasting`, { gracePeriodSeconds: 0 }), 200);
      expectCode(await api.get(`${pods}/lasting`), 404);
    });

    it("finalizers keep the object until the last one is removed", async () => {
      await api.post(widgets, {
        ...widget("held"),
        metadata: { name: "held", finalizers: ["test.kubesteer.dev/hold"] },
      });
      const { body } = expectCode(await api.delete(`${widgets}/held`), 200);
      assert.equal(body["kind"], "Widget");
      assert.equal(body["metadata"]?.["deletionGracePeriodSeconds"], 0);
      assert.equal(body["metadata"]?.["generation"], 2);
      const more = { metadata: { finalizers: ["test.kubesteer.dev/hold", "test.kubesteer.dev/more"] } };
      expectCode(await api.patch(`${widgets}/held`, more), 422);
      const from = textOf(body["metadata"]?.["resourceVersion"]);
      expectCode(await api.patch(`${widgets}/held`, { metadata: { finalizers: [] } }), 200);
      expectCode(await api.get(`${widgets}/held`), 404);
      const path = `${widgets}?watch=true&resourceVersion=${from}&timeoutSeconds=20&fieldSelector=metadata.name%3Dheld`;
      const [line] = await api.watch(path, () => true);
      assert.equal(line?.type, "DELETED");
    });

    it("custom resources are removed with their definition, even if another client has written it in the meantime", async () => {
      const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      const names = { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" };
      const metadata = { name: "gadgets.gone.kubesteer.dev" };
      const spec = { ...widgetDefinition.spec, group: "gone.kubesteer.dev", names };
      const definition = { ...widgetDefinition, metadata, spec };
      const path = `${definitions}/${metadata.name}`;
      const gadgets = "/apis/gone.kubesteer.dev/v1/gadgets";
      const isServed = async (): Promise<boolean> => (await api.get(gadgets)).code === 200;
      const gadget = { ...widget("left"), apiVersion: "gone.kubesteer.dev/v1", kind: "Gadget" };
      expectCode(await api.patch(`${path}?fieldManager=admin`, definition, "apply"), 201);
      await waitUntil("gadgets to be served", isServed);
      const { body: live } = expectCode(
        await api.patch(`${path}?fieldManager=admin`, definition, "apply"),
        200,
      );
      const { resourceVersion = "" } = live["metadata"] ?? {};
      expectCode(await api.put(path, { ...definition, metadata: { ...metadata, resourceVersion } }), 200);
      await waitUntil("a gadget to be created", async () => (await api.post(gadgets, gadget)).code === 201);
      expectCode(await api.delete(path), 200);
      await waitUntil("the definition to be removed", async () => (await api.get(path)).code === 404);
      expectCode(await api.post(definitions, definition), 201);
      await waitUntil("gadgets to be served again", isServed);
      assert.deepEqual(namesOf((await api.get(gadgets)).body), []);
    });

    it("a finalizer of a new definition has no owner", async () => {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.test.kubesteer.dev";
      const { body } = expectCode(await api.get(path), 200);
      assert.doesNotMatch(JSON.stringify(body["metadata"]?.["managedFields"]), /finalizers/);
    });

    it("objects are removed with their owner", async function () {
      if (server.kind !== "embedded")
        skipBecause(this, "garbage collection needs kube-controller-manager, which does not run here");
      const { body } = await api.post(widgets, widget("owner"));
      const owner = {
        apiVersion: "test.kubesteer.dev/v1",
        kind: "Widget",
        name: "owner",
        uid: body["metadata"]?.["uid"],
      };
      await api.post(configMaps, { metadata: { name: "owned", ownerReferences: [owner] } });
      await api.delete(`${widgets}/owner`);
      await waitUntil(
        "the owned object is gone",
        async () => (await api.get(`${configMaps}/owned`)).code === 404,
      );
    });

    it("a namespace is removed with its content", async function () {
      if (server.kind !== "embedded")
        skipBecause(this, "deleting a namespace needs kube-controller-manager, which does not run here");
      await api.post("/api/v1/namespaces", { metadata: { name: "short-lived" } });
      await api.post("/api/v1/namespaces/short-lived/configmaps", configMap("inside"));
      expectCode(await api.delete("/api/v1/namespaces/short-lived"), 200);
      await waitUntil(
        "the namespace is gone",
        async () => (await api.get("/api/v1/namespaces/short-lived")).code === 404,
      );
      expectCode(await api.get("/api/v1/namespaces/short-lived/configmaps/inside"), 404);
    });
  });

  describe("Services", () => {
    it("a Service gets an address, a family and its defaults", async () => {
      const { body } = expectCode(await api.post(services, service("plain", { ports: [{ port: 80 }] })), 201);
      const spec = body["spec"];
      assert.match(textOf(spec?.["clusterIP"]), /^10\.96\./);
      assert.deepEqual(spec?.["clusterIPs"], [spec?.["clusterIP"]]);
      assert.deepEqual(spec?.["ipFamilies"], ["IPv4"]);
      assert.equal(spec?.["ipFamilyPolicy"], "SingleStack");
      assert.equal(spec?.["type"], "ClusterIP");
      assert.equal(spec?.["sessionAffinity"], "None");
      assert.equal(spec?.["internalTrafficPolicy"], "Cluster");
      assert.deepEqual(spec?.["ports"], [{ port: 80, protocol: "TCP", targetPort: 80 }]);
    });

    it("dual stack gets one address of each family", async () => {
      const spec = { ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] };
      const { body } = expectCode(await api.post(services, service("dual", spec)), 201);
      assert.deepEqual(body["spec"]?.["ipFamilies"], ["IPv4", "IPv6"]);
      assert.match(textOf(body["spec"]?.["clusterIPs"]?.[1]), /^fd00:10:96::/);
    });

    it("a headless Service without selector may have endpoints of both families", async () => {
      const { body } = expectCode(await api.post(services, service("headless", { clusterIP: "None" })), 201);
      assert.deepEqual(body["spec"]?.["ipFamilies"], ["IPv4", "IPv6"]);
      assert.equal(body["spec"]?.["ipFamilyPolicy"], "RequireDualStack");
    });

    it("an address is allocated to one Service only", async () => {
      expectCode(
        await api.post(services, service("first", { clusterIP: "10.96.0.77", ports: [{ port: 80 }] })),
        201,
      );
      const answer = await api.post(
        services,
        service("second", { clusterIP: "10.96.0.77", ports: [{ port: 80 }] }),
      );
      assert.match(textOf(expectCode(answer, 422).body["message"]), /provided IP is already allocated/);
      await api.delete(`${services}/first`);
      expectCode(
        await api.post(services, service("third", { clusterIP: "10.96.0.77", ports: [{ port: 80 }] })),
        201,
      );
    });

    it("NodePort and LoadBalancer Services get node ports, Local ones a health check port", async () => {
      const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local", ports: [{ port: 80 }] };
      const { body } = expectCode(await api.post(services, service("outside", spec)), 201);
      const nodePort = Number(body["spec"]?.["ports"]?.[0]?.["nodePort"]);
      assert.ok(nodePort >= 30_000 && nodePort <= 32_767);
      const healthCheck = Number(body["spec"]?.["healthCheckNodePort"]);
      assert.ok(healthCheck >= 30_000 && healthCheck <= 32_767 && healthCheck !== nodePort);
      const inside = await api.patch(`${services}/outside`, {
        spec: { type: "ClusterIP", externalTrafficPolicy: null },
      });
      expectCode(inside, 200);
      assert.equal(inside.body["spec"]?.["ports"]?.[0]?.["nodePort"], undefined);
    });

    it("ports that differ only in protocol share a node port", async () => {
      const ports = ["TCP", "UDP"].map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }));
      const { body } = expectCode(await api.post(services, service("dns", { type: "NodePort", ports })), 201);
      const [tcp, udp] = elements(body["spec"]?.["ports"]);
      assert.equal(tcp?.["nodePort"], udp?.["nodePort"]);
    });

    describe("an update that omits allocated values", () => {
      const ports = [
        { name: "http", port: 80 },
        { name: "https", port: 443 },
      ];
      const loadBalancer = { type: "LoadBalancer", externalTrafficPolicy: "Local", ports };

      for (const how of ["replace", "merge patch", "server-side apply"] as const) {
        it(`keeps addresses and node ports: ${how}`, async () => {
          const name = `kept-${how.replaceAll(" ", "-")}`;
          const path = `${services}/${name}`;
          const made = expectCode(
            how === "server-side apply"
              ? await api.patch(`${path}?fieldManager=admin`, service(name, loadBalancer), "apply")
              : await api.post(services, service(name, loadBalancer)),
            201,
          );
          const update = (spec: object): Promise<ApiAnswer> => {
            if (how === "replace") return api.put(path, service(name, spec));
            if (how === "merge patch") return api.patch(path, { spec });
            return api.patch(`${path}?fieldManager=admin`, service(name, spec), "apply");
          };
          const moved = ports.map((port) => ({ ...port, port: port.port + 8000 }));
          const again = expectCode(await update({ ...loadBalancer, ports: moved }), 200);
          assert.deepEqual(nodePortsOf(again), nodePortsOf(made));
          for (const field of ["clusterIPs", "healthCheckNodePort"]) {
            assert.deepEqual(again.body["spec"]?.[field], made.body["spec"]?.[field], field);
          }
        });
      }

      it("does not allocate a node port that another port requests", async () => {
        const path = `${services}/swapped`;
        const made = expectCode(
          await api.post(services, service("swapped", { type: "NodePort", ports })),
          201,
        );
        const taken = nodePortsOf(made).get("https") ?? 0;
        const swapped = [
          { name: "http", port: 80, nodePort: taken },
          { name: "https", port: 443 },
        ];
        const after = nodePortsOf(expectCode(await api.patch(path, { spec: { ports: swapped } }), 200));
        assert.equal(after.get("http"), taken);
        assert.notEqual(after.get("https"), taken);
      });

      it("keeps the node ports of a load balancer that no longer requests them", async () => {
        const path = `${services}/without-allocation`;
        const made = expectCode(await api.post(services, service("without-allocation", loadBalancer)), 201);
        const change = { spec: { allocateLoadBalancerNodePorts: false } };
        assert.deepEqual(nodePortsOf(await api.patch(path, change)), nodePortsOf(made));
      });
    });

    const refusals: readonly {
      readonly rule: string;
      readonly spec: object;
      readonly field: string;
      readonly message?: string;
    }[] = [
      { rule: "a Service needs ports", spec: {}, field: "spec.ports" },
      { rule: "a port is 1 to 65535", spec: { ports: [{ port: 70_000 }] }, field: "spec.ports[0].port" },
      {
        rule: "ports are distinct",
        spec: {
          ports: [
            { name: "a", port: 1 },
            { name: "b", port: 1 },
          ],
        },
        field: "spec.ports[1]",
      },
      {
        rule: "several ports need names",
        spec: { ports: [{ port: 1 }, { name: "b", port: 2 }] },
        field: "spec.ports[0].name",
      },
      {
        rule: "protocols are TCP, UDP, SCTP",
        spec: { ports: [{ port: 1, protocol: "ICMP" }] },
        field: "spec.ports[0].protocol",
      },
      { rule: "types are known", spec: { type: "Magic", ports: [{ port: 1 }] }, field: "spec.type" },
      {
        rule: "node ports are in their range",
        spec: { type: "NodePort", ports: [{ port: 1, nodePort: 80 }] },
        field: "spec.ports[0].nodePort",
      },
      {
        rule: "IP families are distinct",
        spec: { ipFamilies: ["IPv4", "IPv4"], ports: [{ port: 1 }] },
        field: "spec.ipFamilies[1]",
      },
      {
        rule: "two families need a policy that allows them",
        spec: { ipFamilies: ["IPv4", "IPv6"], ports: [{ port: 1 }] },
        field: "spec.ipFamilyPolicy",
        message:
          "Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
      },
      {
        rule: "a family is IPv4 or IPv6",
        spec: { ipFamilies: ["IPv5"], ports: [{ port: 1 }] },
        field: "spec.ipFamilies[0]",
        message: 'Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
      },
      {
        rule: "addresses are of their family",
        spec: { ipFamilies: ["IPv6"], clusterIP: "10.96.0.99", ports: [{ port: 1 }] },
        field: "spec.clusterIPs[0]",
        message: 'Invalid value: "10.96.0.99": expected an IPv6 value as indicated by `ipFamilies[0]`',
      },
      {
        rule: "clusterIPs require clusterIP",
        spec: { clusterIPs: ["10.96.0.99"], ports: [{ port: 1 }] },
        field: "spec.clusterIPs",
        message: 'Invalid value: ["10.96.0.99"]: must be empty when `clusterIP` is not specified',
      },
      {
        rule: "a Service of type ExternalName has no family",
        spec: { type: "ExternalName", externalName: "example.org", ipFamilies: ["IPv4"] },
        field: "spec.ipFamilies",
        message: "Forbidden: may not be set for ExternalName services",
      },
      {
        rule: "keys of selectors are label keys",
        spec: { selector: { "a b": "c" }, ports: [{ port: 1 }] },
        field: "spec.selector",
        message:
          "Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      },
      {
        rule: "values of selectors are label values",
        spec: { selector: { a: "x".repeat(64) }, ports: [{ port: 1 }] },
        field: "spec.selector",
        message: `Invalid value: "${"x".repeat(64)}": must be no more than 63 bytes`,
      },
      {
        rule: "requested node ports are distinct",
        spec: {
          type: "NodePort",
          ports: [
            { name: "a", port: 1, nodePort: 30_007 },
            { name: "b", port: 2, nodePort: 30_007 },
          ],
        },
        field: "spec.ports[1].nodePort",
        message: "Invalid value: 30007: provided port is already allocated",
      },
      {
        rule: "only load balancers have a class",
        spec: { loadBalancerClass: "example.org/x", ports: [{ port: 1 }] },
        field: "spec.loadBalancerClass",
        message: "Forbidden: may only be used when `type` is 'LoadBalancer'",
      },
      {
        rule: "traffic distributions are known",
        spec: { trafficDistribution: "Zone", ports: [{ port: 1 }] },
        field: "spec.trafficDistribution",
      },
      {
        rule: "source ranges of load balancers are CIDRs",
        spec: { type: "LoadBalancer", loadBalancerSourceRanges: ["all"], ports: [{ port: 1 }] },
        field: "spec.LoadBalancerSourceRanges[0]",
      },
      {
        rule: "external addresses are not loopback",
        spec: { externalIPs: ["127.0.0.1"], ports: [{ port: 1 }] },
        field: "spec.externalIPs[0]",
      },
      {
        rule: "only load balancers with local traffic have a health check port",
        spec: { healthCheckNodePort: 30_001, ports: [{ port: 1 }] },
        field: "spec.healthCheckNodePort",
      },
    ];
    for (const [index, { rule, spec, field, message }] of refusals.entries()) {
      it(rule, async () => {
        const answer = expectCode(await api.post(services, service(`refused-${index}`, spec)), 422);
        const fields = causesOf(answer).map((cause) => JSON.stringify(cause));
        assert.ok(
          fields.some((text) => text.includes(`"${field}"`)),
          answer.text,
        );
        if (message !== undefined) assert.ok(textOf(answer.body["message"]).includes(message), answer.text);
      });
    }

    it("the first IP family of a Service is kept, the second one is removed with SingleStack only", async () => {
      const path = `${services}/families`;
      const spec = { ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] };
      expectCode(await api.post(services, service("families", spec)), 201);
      const swapped = await api.patch(path, { spec: { ipFamilies: ["IPv6", "IPv4"] } });
      assert.match(
        textOf(expectCode(swapped, 422).body["message"]),
        /expected an IPv6 value as indicated by/,
      );
      const shortened = await api.patch(path, { spec: { ipFamilies: ["IPv4"] } });
      assert.match(
        textOf(expectCode(shortened, 422).body["message"]),
        /must be 'SingleStack' to release the secondary IP family/,
      );
      const single = expectCode(await api.patch(path, { spec: { ipFamilyPolicy: "SingleStack" } }), 200);
      assert.deepEqual(single.body["spec"]?.["ipFamilies"], ["IPv4"]);
    });
  });

  describe("EndpointSlices", () => {
    const path = "/apis/discovery.k8s.io/v1/namespaces/api-test/endpointslices";
    const endpoint = { addresses: ["10.244.1.5"] };
    const refusals: readonly { readonly rule: string; readonly slice: object; readonly field: string }[] = [
      {
        rule: "at most 1000 endpoints",
        slice: { endpoints: Array.from({ length: 1001 }, () => endpoint) },
        field: "endpoints",
      },
      {
        rule: "addresses of the slice's type",
        slice: { endpoints: [{ addresses: ["fd00::1"] }] },
        field: "endpoints[0].addresses",
      },
      {
        rule: "addresses are reachable from other machines",
        slice: { endpoints: [{ addresses: ["127.0.0.1"] }] },
        field: "endpoints[0].addresses[0]",
      },
      {
        rule: "port names are distinct",
        slice: { ports: [{ name: "a" }, { name: "a" }] },
        field: "ports[1].name",
      },
      {
        rule: "protocols are TCP, UDP, SCTP",
        slice: { ports: [{ protocol: "ICMP" }] },
        field: "ports[0].protocol",
      },
    ];
    it("defaults fill ports and endpoints, and lists without items are null", async () => {
      const full = { addressType: "IPv4", endpoints: [endpoint], ports: [{ port: 80 }] };
      const { body } = expectCode(await api.post(path, { metadata: { name: "full" }, ...full }), 201);
      assert.deepEqual(body["endpoints"], [{ ...endpoint, conditions: {} }]);
      assert.deepEqual(body["ports"], [{ name: "", port: 80, protocol: "TCP" }]);
      const empty = { metadata: { name: "empty" }, addressType: "IPv4", endpoints: [], ports: [] };
      expectCode(await api.post(path, empty), 201);
      const read = await api.get(`${path}/empty`);
      assert.deepEqual([read.body["endpoints"], read.body["ports"]], [null, null]);
    });

    for (const { rule, slice, field } of refusals) {
      it(rule, async () => {
        const body = { metadata: { name: "refused" }, addressType: "IPv4", endpoints: [], ...slice };
        const answer = expectCode(await api.post(path, body), 422);
        assert.deepEqual(
          causesOf(answer).map((cause) => Object(cause).field),
          [field],
        );
      });
    }
  });

  describe("workloads", () => {
    it("probes, environment and volumes get their defaults", async () => {
      const container = {
        name: "a",
        image: "b:1",
        env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
        livenessProbe: { httpGet: { port: 80 } },
        readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: 3 },
      };
      const volumes = [
        { name: "host", hostPath: { path: "/x" } },
        { name: "settings", configMap: { name: "x" } },
      ];
      const labels = { app: "probed" };
      const spec = {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container], volumes } },
      };
      const path = "/apis/apps/v1/namespaces/api-test/daemonsets";
      const { body } = expectCode(await api.post(path, { metadata: { name: "probed" }, spec }), 201);
      const podSpec = body["spec"]?.["template"]?.["spec"];
      const defaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
      assert.deepEqual(podSpec?.["containers"]?.[0]?.["livenessProbe"], {
        httpGet: { path: "/", port: 80, scheme: "HTTP" },
        ...defaults,
      });
      assert.deepEqual(podSpec?.["containers"]?.[0]?.["readinessProbe"], {
        tcpSocket: { port: 1 },
        ...defaults,
        periodSeconds: 3,
      });
      assert.deepEqual(podSpec?.["containers"]?.[0]?.["env"]?.[0]?.["valueFrom"], {
        fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" },
      });
      assert.deepEqual(podSpec?.["volumes"], [
        { name: "host", hostPath: { path: "/x", type: "" } },
        { name: "settings", configMap: { name: "x", defaultMode: 420 } },
      ]);
    });
  });

  describe("reviews", () => {
    const access = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const rules = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

    it("the administrator may do everything", async () => {
      const spec = { resourceAttributes: { verb: "get", resource: "pods" } };
      const { body } = expectCode(await api.post(access, { spec }), 201);
      assert.equal(body["kind"], "SelfSubjectAccessReview");
      assert.deepEqual(body["status"], { allowed: true });
    });

    it("a question is about a resource or a path", async () => {
      const answer = expectCode(await api.post(access, { spec: {} }), 422);
      assert.deepEqual(causesOf(answer), [{ field: "spec.resourceAttributes", reason: "FieldValueInvalid" }]);
    });

    it("rules are those of a namespace", async () => {
      expectCode(await api.post(rules, { spec: {} }), 400);
      const { body } = expectCode(await api.post(rules, { spec: { namespace: "default" } }), 201);
      const found = elements(body["status"]?.["resourceRules"]).map((rule) => JSON.stringify(rule));
      assert.ok(found.includes('{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}'), found.join("\n"));
    });

    it("reviews are not stored", async () => {
      expectCode(await api.get(access), 405);
    });
  });

  describe("discovery", () => {
    it("aggregated discovery lists custom resources and has its media type", async () => {
      const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
      const { body, contentType } = expectCode(await api.get("/apis", { accept }), 200);
      assert.match(contentType, /as=APIGroupDiscoveryList/);
      const group = elements(body["items"]).find(
        (item) => textOf(item["metadata"]?.["name"]) === "test.kubesteer.dev",
      );
      const [resource] = elements(group?.["versions"]?.[0]?.["resources"]);
      assert.equal(resource?.["resource"], "widgets");
      assert.equal(resource?.["scope"], "Cluster");
      assert.deepEqual(resource?.["shortNames"], ["wd"]);
    });

    it("legacy discovery lists the same", async () => {
      const { body } = expectCode(await api.get("/apis/test.kubesteer.dev/v1"), 200);
      assert.deepEqual(
        elements(body["resources"]).map((resource) => resource["name"]),
        ["widgets", "widgets/status"],
      );
    });

    it("health and version answer", async () => {
      for (const path of ["/readyz", "/livez", "/healthz"]) assert.equal((await api.get(path)).text, "ok");
      assert.match(textOf((await api.get("/version")).body["gitVersion"]), /^v1\./);
    });

    it("an unknown group is a plain 404", async () => {
      assert.equal(
        expectCode(await api.get("/apis/nothing.example/v1/things"), 404).text.trim(),
        "404 page not found",
      );
    });
  });
});
