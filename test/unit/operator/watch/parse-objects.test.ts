import assert from "node:assert/strict";
import { parseNode, parseNodeProxy } from "../../../../operator/watch/parse-objects.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

describe("parseNode", () => {
  it("takes name, uid, labels and facts", () => {
    const labels = { "topology.kubernetes.io/zone": "z1" };
    const spec = { podCIDRs: ["10.0.0.0/24"] };
    assert.deepEqual(parseNode({ metadata: { name: "n", uid: "u", labels }, spec }), {
      name: "n",
      uid: "u",
      labels,
      facts: { zone: "z1", podCIDRs: ["10.0.0.0/24"], addresses: [] },
    });
  });
});

describe("parseNodeProxy", () => {
  it("drops what the plan does not look at", () => {
    const metadata = { name: "n", uid: "u", resourceVersion: "7", managedFields: [{ manager: "m" }] };
    const spec = makeNodeProxySpec();
    const status = {
      observedRevision: "r1",
      lastSync: { at: "", durationMilliseconds: 1, kind: "Full", changes: 0 },
    };
    assert.deepEqual(parseNodeProxy({ metadata, spec, status }), {
      apiVersion: "kubesteer.dev/v1alpha1",
      kind: "NodeProxy",
      metadata: { name: "n", uid: "u" },
      spec,
      status: { observedRevision: "r1" },
    });
  });
});
