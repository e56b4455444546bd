import assert from "node:assert/strict";
import { useKubernetesApi } from "./kubernetes-stage.ts";
import { causesOf, elements, expectCode } from "./read-answer.ts";

describe("reviews of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

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
