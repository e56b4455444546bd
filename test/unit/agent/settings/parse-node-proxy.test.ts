import assert from "node:assert/strict";
import { parseNodeProxy } from "../../../../agent/settings/parse-node-proxy.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const metadata = { name: "worker-1" };

describe("parse NodeProxy", () => {
  it("takes what the API server has completed", () => {
    const object = { metadata, spec: makeNodeProxySpec() };
    assert.deepEqual(parseNodeProxy(object), { kind: "usable", nodeProxy: object });
  });

  const { drift: _drift, ...config } = makeNodeProxySpec().config;
  const withConfig = (change: Partial<typeof config>) => ({
    ...makeNodeProxySpec(),
    config: { ...makeNodeProxySpec().config, ...change },
  });
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
    [
      "node port addresses that cannot be parsed are named",
      withConfig({ nodePorts: { ...makeNodeProxySpec().config.nodePorts, addresses: ["10.0.0.0/99"] } }),
      /^its spec\.config\.nodePorts cannot be used: "10\.0\.0\.0\/99" /,
    ],
    [
      "ranges of local traffic that cannot be parsed are named",
      withConfig({ localTraffic: { detect: "ClusterCIDR", cidrs: ["pods"] } }),
      /^its spec\.config\.localTraffic cannot be used: "pods" /,
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
