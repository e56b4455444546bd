import assert from "node:assert/strict";
import { configMap, configMaps, namespace, useKubernetesApi } from "./kubernetes-stage.ts";
import { causesOf, elements, expectCode, textOf } from "./read-answer.ts";
import { widgets } from "./widget.ts";

/** A Lease. */
function renewedAt(renewTime: string): object {
  return { metadata: { name: "lease" }, spec: { renewTime } };
}

describe("objects of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

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
    const { body } = expectCode(await api.post("/api/v1/namespaces/nowhere/configmaps", configMap("a")), 404);
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
    assert.deepEqual(causesOf(answer), [{ field: "involvedObject.namespace", reason: "FieldValueInvalid" }]);
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
    const { body } = expectCode(await api.get("/apis/events.k8s.io/v1/namespaces/default/events/both"), 200);
    assert.equal(body["note"], "text");
    assert.deepEqual(body["regarding"], involvedObject);
    assert.equal(body["apiVersion"], "events.k8s.io/v1");
  });

  it("a body of an unknown media type is rejected with 415", async () => {
    const answer = await api.post(configMaps, {}, { contentType: "application/octet-stream" });
    expectCode(answer, 415);
  });
});
