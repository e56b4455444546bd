import assert from "node:assert/strict";
import { useKubernetesApi } from "./kubernetes-stage.ts";
import { elements, expectCode, textOf } from "./read-answer.ts";

describe("discovery of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

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
