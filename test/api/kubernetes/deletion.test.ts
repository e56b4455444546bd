import assert from "node:assert/strict";
import { waitUntil } from "../../../playground/wait-until.ts";
import type { Json } from "../../support/api-requests.ts";
import { skipBecause } from "../../support/skip.ts";
import { configMap, configMaps, namespace, useKubernetesApi } from "./kubernetes-stage.ts";
import { expectCode, namesOf, textOf } from "./read-answer.ts";
import { widget, widgetDefinition, widgets } from "./widget.ts";

/** DeleteOptions in protobuf with the encoded fields. */
function protobufOptions(fields: string): Buffer {
  const content = String.fromCharCode(fields.length) + fields;
  return Buffer.from(`k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12${content}\x1a\0"\0`, "latin1");
}

/** Milliseconds since the epoch. */
function deletionTimeOf(metadata: Json | undefined): number {
  return Date.parse(textOf(metadata?.["deletionTimestamp"]));
}

describe("deletion from the Kubernetes API", function () {
  this.timeout(90_000);
  const { api, server } = useKubernetesApi();

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
    if (server()?.kind !== "embedded")
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
    if (server()?.kind !== "embedded")
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
