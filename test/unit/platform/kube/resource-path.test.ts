import assert from "node:assert/strict";
import { resourcePath } from "../../../../platform/kube/resource-path.ts";
import { resources } from "../../../../platform/kube/resources.ts";

const { nodes, nodeProxies, services } = resources;

const rows: readonly (readonly [rule: string, path: string, expected: string])[] = [
  ["core collection", resourcePath(nodes), "/api/v1/nodes"],
  ["collection of all namespaces", resourcePath(services), "/api/v1/services"],
  [
    "collection of one namespace",
    resourcePath(services, { namespace: "a" }),
    "/api/v1/namespaces/a/services",
  ],
  [
    "namespaced object",
    resourcePath(services, { namespace: "a", name: "b" }),
    "/api/v1/namespaces/a/services/b",
  ],
  [
    "a namespace does not matter for cluster-scoped ones",
    resourcePath(nodes, { namespace: "a" }),
    "/api/v1/nodes",
  ],
  [
    "subresource of an object in a group",
    resourcePath(nodeProxies, { name: "n", subresource: "status" }),
    "/apis/kubesteer.dev/v1alpha1/nodeproxies/n/status",
  ],
  ["parts are escaped", resourcePath(nodes, { name: "a/b?c" }), "/api/v1/nodes/a%2Fb%3Fc"],
];

describe("resourcePath", () => {
  for (const [rule, path, expected] of rows) {
    it(rule, () => assert.equal(path, expected));
  }

  it("rejects a namespaced object without a namespace", () => {
    assert.throws(() => resourcePath(services, { name: "web" }), RangeError);
  });
});
