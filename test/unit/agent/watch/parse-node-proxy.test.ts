import assert from "node:assert/strict";
import { parseNodeProxy } from "../../../../agent/watch/parse-node-proxy.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const metadata = { name: "worker-1" };

describe("parse NodeProxy", () => {
  it("takes what the API server has completed", () => {
    const object = { metadata, spec: makeNodeProxySpec() };
    assert.equal(parseNodeProxy(object), object);
  });

  for (const [name, spec] of [
    ["an object without spec is refused", undefined],
    [
      "settings that nobody has completed are refused",
      { ...makeNodeProxySpec(), config: { mode: "nftables" } },
    ],
    ["an object without a revision is refused", { ...makeNodeProxySpec(), revision: undefined }],
    ["an object without facts about the node is refused", { ...makeNodeProxySpec(), node: undefined }],
  ] as const) {
    const object = { metadata, spec };
    it(name, () => assert.throws(() => parseNodeProxy(object), /NodeProxy worker-1 lacks settings/));
  }
});
