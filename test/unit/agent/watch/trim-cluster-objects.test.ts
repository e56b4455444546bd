import assert from "node:assert/strict";
import { trimNamespace } from "../../../../agent/watch/trim-namespace.ts";
import { trimServiceCIDR } from "../../../../agent/watch/trim-service-cidr.ts";

describe("trimNamespace", () => {
  it("keeps the labels", () => {
    const object = { metadata: { name: "shop", labels: { team: "a", bad: 1 }, annotations: { x: "y" } } };
    assert.deepEqual(trimNamespace(object), { name: "shop", labels: { team: "a" } });
  });
  it("does not want an object without a name", () =>
    assert.equal(trimNamespace({ metadata: {} }), undefined));
});

describe("trimServiceCIDR", () => {
  it("keeps the ranges that parse", () => {
    const object = {
      metadata: { name: "kubernetes" },
      spec: { cidrs: ["10.96.0.0/12", "x", 7, "FD00:96::/108"] },
    };
    assert.deepEqual(trimServiceCIDR(object), {
      name: "kubernetes",
      cidrs: ["10.96.0.0/12", "fd00:96::/108"],
    });
  });
  it("does not want an object without a name", () => assert.equal(trimServiceCIDR({ spec: {} }), undefined));
});
