import assert from "node:assert/strict";
import { trimService } from "../../../../agent/watch/trim-service.ts";
import { makeService } from "../../../support/make-objects.ts";

describe("trimService", () => {
  it("keeps what decides about traffic, and nothing else", () => {
    const service = makeService({
      labels: { app: "shop" },
      type: "LoadBalancer",
      clusterIPs: ["10.96.0.10", "fd00:96::10"],
      externalIPs: ["203.0.113.9"],
      ingress: [{ ip: "198.51.100.7" }],
      loadBalancerSourceRanges: ["203.0.113.0/24"],
      internalTrafficPolicy: "Local",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_999,
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      selector: { app: "shop" },
      ports: [{ name: "http", port: 80, nodePort: 30_080, targetPort: "http", appProtocol: "http" }],
    });
    assert.deepEqual(trimService(service), {
      name: "default/web",
      createdAtMs: Date.UTC(2026, 0, 1),
      labels: { app: "shop" },
      clusterIPs: ["10.96.0.10", "fd00:96::10"],
      externalIPs: ["203.0.113.9"],
      loadBalancerIPs: ["198.51.100.7"],
      loadBalancerSourceRanges: ["203.0.113.0/24"],
      ports: [{ name: "http", protocol: "TCP", port: 80, nodePort: 30_080 }],
      internalPolicyLocal: true,
      externalPolicyLocal: true,
      healthCheckNodePort: 30_999,
      affinityTimeoutSeconds: 60,
      problems: [],
    });
  });

  const unwanted: readonly { readonly rule: string; readonly object: unknown }[] = [
    { rule: "headless", object: makeService({ clusterIPs: ["None"] }) },
    { rule: "without a clusterIP yet", object: makeService({ clusterIPs: [] }) },
    { rule: "of type ExternalName", object: makeService({ type: "ExternalName" }) },
    {
      rule: "with label service-proxy-name",
      object: makeService({ labels: { "service.kubernetes.io/service-proxy-name": "other" } }),
    },
    { rule: "without a valid name", object: makeService({ name: "Web; x" }) },
    { rule: "that is no object", object: "service" },
    { rule: "that is nothing", object: undefined },
  ];
  for (const { rule, object } of unwanted) {
    it(`does not want a Service ${rule}`, () => assert.equal(trimService(object), undefined));
  }
});
