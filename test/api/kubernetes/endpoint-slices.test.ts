import assert from "node:assert/strict";
import { useKubernetesApi } from "./kubernetes-stage.ts";
import { causesOf, expectCode } from "./read-answer.ts";

describe("EndpointSlices of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  const path = "/apis/discovery.k8s.io/v1/namespaces/api-test/endpointslices";
  const endpoint = { addresses: ["10.244.1.5"] };
  const refusals: readonly { readonly rule: string; readonly slice: object; readonly field: string }[] = [
    {
      rule: "at most 1000 endpoints",
      slice: { endpoints: Array.from({ length: 1001 }, () => endpoint) },
      field: "endpoints",
    },
    {
      rule: "addresses of the slice's type",
      slice: { endpoints: [{ addresses: ["fd00::1"] }] },
      field: "endpoints[0].addresses",
    },
    {
      rule: "addresses are reachable from other machines",
      slice: { endpoints: [{ addresses: ["127.0.0.1"] }] },
      field: "endpoints[0].addresses[0]",
    },
    {
      rule: "port names are distinct",
      slice: { ports: [{ name: "a" }, { name: "a" }] },
      field: "ports[1].name",
    },
    {
      rule: "protocols are TCP, UDP, SCTP",
      slice: { ports: [{ protocol: "ICMP" }] },
      field: "ports[0].protocol",
    },
  ];
  it("defaults fill ports and endpoints, and lists without items are null", async () => {
    const full = { addressType: "IPv4", endpoints: [endpoint], ports: [{ port: 80 }] };
    const { body } = expectCode(await api.post(path, { metadata: { name: "full" }, ...full }), 201);
    assert.deepEqual(body["endpoints"], [{ ...endpoint, conditions: {} }]);
    assert.deepEqual(body["ports"], [{ name: "", port: 80, protocol: "TCP" }]);
    const empty = { metadata: { name: "empty" }, addressType: "IPv4", endpoints: [], ports: [] };
    expectCode(await api.post(path, empty), 201);
    const read = await api.get(`${path}/empty`);
    assert.deepEqual([read.body["endpoints"], read.body["ports"]], [null, null]);
  });

  for (const { rule, slice, field } of refusals) {
    it(rule, async () => {
      const body = { metadata: { name: "refused" }, addressType: "IPv4", endpoints: [], ...slice };
      const answer = expectCode(await api.post(path, body), 422);
      assert.deepEqual(
        causesOf(answer).map((cause) => Object(cause).field),
        [field],
      );
    });
  }
});
