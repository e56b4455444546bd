import assert from "node:assert/strict";
import { parseNodeProxy } from "../../../../agent/watch/parse-node-proxy.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const metadata = { name: "worker-1" };

describe("parse NodeProxy", () => {
  it("takes what the API server has completed", () => {
    const object = { metadata, spec: makeNodeProxySpec() };
    assert.deepEqual(parseNodeProxy(object), { kind: "usable", nodeProxy: object });
  });

  const { drift: _drift, ...config } = makeNodeProxySpec().config;
  for (const [name, spec, lacks] of [
    ["an object without spec is of no use", undefined, /spec\.config\.mode, .*spec\.revision, spec\.node:/],
    [
      "a missing setting is named",
      { ...makeNodeProxySpec(), config },
      /^it lacks spec\.config\.drift: install/,
    ],
    [
      "a missing revision is named",
      { ...makeNodeProxySpec(), revision: undefined },
      /^it lacks spec\.revision:/,
    ],
    [
      "missing facts about the node are named",
      { ...makeNodeProxySpec(), node: null },
      /^it lacks spec\.node:/,
    ],
  ] as const) {
    it(name, () => {
      const object = { metadata, spec };
      const reading = parseNodeProxy(object);
      assert.equal(reading.kind, "unusable");
      assert.match(reading.reason, lacks);
      assert.equal(reading.nodeProxy, object);
    });
  }
});
