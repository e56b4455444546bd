import assert from "node:assert/strict";
import { parseRequestPath } from "../../../../../playground/api-server/http/request-path.ts";

describe("request path", () => {
  const resource = {
    group: "",
    version: "v1",
    namespace: undefined,
    name: undefined,
    subresource: undefined,
  };
  const rows: readonly (readonly [string, object])[] = [
    ["/api/v1/nodes", { ...resource, plural: "nodes" }],
    ["/api/v1/nodes/n/status", { ...resource, plural: "nodes", name: "n", subresource: "status" }],
    ["/api/v1/namespaces", { ...resource, plural: "namespaces" }],
    ["/api/v1/namespaces/x", { ...resource, plural: "namespaces", name: "x" }],
    ["/api/v1/namespaces/x/status", { ...resource, plural: "namespaces", name: "x", subresource: "status" }],
    ["/api/v1/namespaces/x/pods", { ...resource, plural: "pods", namespace: "x" }],
    [
      "/apis/a.b/v2/namespaces/x/things/y/scale",
      { group: "a.b", version: "v2", plural: "things", namespace: "x", name: "y", subresource: "scale" },
    ],
    [
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node%2Fx",
      { ...resource, group: "rbac.authorization.k8s.io", plural: "clusterroles", name: "system:node/x" },
    ],
  ];
  for (const [path, expected] of rows) {
    it(path, () => assert.deepEqual(parseRequestPath(path), { kind: "resource", path: expected }));
  }

  const others: readonly (readonly [string, string])[] = [
    ["/api", "discovery"],
    ["/apis/", "discovery"],
    ["/apis/apps/v1", "discovery"],
    ["/openapi/v3/apis/apps/v1", "openApi"],
    ["/openapi/v2", "unknown"],
    ["/readyz", "health"],
    ["/api/v1/nodes/n/status/more", "unknown"],
    ["/", "unknown"],
  ];
  for (const [path, kind] of others) {
    it(`${path} is ${kind}`, () => assert.equal(parseRequestPath(path).kind, kind));
  }
});
