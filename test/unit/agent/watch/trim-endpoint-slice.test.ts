import assert from "node:assert/strict";
import { trimEndpointSlice } from "../../../../agent/watch/trim-endpoint-slice.ts";
import { makeEndpointSlice } from "../../../support/make-objects.ts";

describe("trimEndpointSlice", () => {
  it("keeps what decides about traffic, and nothing else", () => {
    const slice = makeEndpointSlice({
      annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
      ports: [{ name: "http", port: 8080, protocol: "TCP", appProtocol: "http" }],
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          conditions: { ready: false, serving: true, terminating: true },
          nodeName: "worker-1",
          zone: "zone-a",
          hostname: "web-0",
          targetRef: { kind: "Pod", name: "web-0" },
          hints: { forNodes: [{ name: "worker-1" }], forZones: [{ name: "zone-a" }, { name: "zone-b" }, {}] },
        },
      ],
    });
    assert.deepEqual(trimEndpointSlice(slice), {
      service: "default/web",
      family: "IPv4",
      ports: [{ name: "http", protocol: "TCP", port: 8080 }],
      endpoints: [
        {
          address: "10.0.0.1",
          ready: false,
          serving: true,
          terminating: true,
          weight: 1,
          nodeName: "worker-1",
          nodeHints: ["worker-1"],
          zoneHints: ["zone-a", "zone-b"],
        },
      ],
      triggerTimeMs: Date.UTC(2026, 0, 1),
      problems: [],
    });
  });

  const names = [
    { name: "web-x7k2p", field: "endpointSlice web-x7k2p endpoints[0]" },
    { name: "web\n", field: "endpointSlice without a valid name endpoints[0]" },
  ];
  for (const { name, field } of names) {
    it(`calls a problem of slice ${JSON.stringify(name)} ${field}`, () => {
      const trimmed = trimEndpointSlice(makeEndpointSlice({ name, endpoints: [{}] }));
      assert.equal(trimmed?.problems[0]?.field, field);
    });
  }

  const unwanted: readonly { readonly rule: string; readonly object: unknown }[] = [
    { rule: "of addressType FQDN", object: makeEndpointSlice({ addressType: "FQDN" }) },
    { rule: "without a Service", object: makeEndpointSlice({ service: null }) },
    { rule: "of no valid Service", object: makeEndpointSlice({ service: "../web" }) },
    {
      rule: "of a headless Service",
      object: makeEndpointSlice({ labels: { "service.kubernetes.io/headless": "" } }),
    },
    { rule: "that is no object", object: [] },
  ];
  for (const { rule, object } of unwanted) {
    it(`does not want a slice ${rule}`, () => assert.equal(trimEndpointSlice(object), undefined));
  }
});
