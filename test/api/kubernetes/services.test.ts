import assert from "node:assert/strict";
import type { ApiAnswer } from "../../support/api-requests.ts";
import { service, services, useKubernetesApi } from "./kubernetes-stage.ts";
import { elements, expectCode, textOf } from "./read-answer.ts";

/** Node ports by the name of the port. */
function nodePortsOf(answer: ApiAnswer): ReadonlyMap<string, number> {
  const ports = elements(answer.body["spec"]?.["ports"]);
  return new Map(ports.map((port) => [textOf(port["name"]), Number(port["nodePort"])]));
}

describe("Services of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  it("a Service gets an address, a family and its defaults", async () => {
    const { body } = expectCode(await api.post(services, service("plain", { ports: [{ port: 80 }] })), 201);
    const spec = body["spec"];
    assert.match(textOf(spec?.["clusterIP"]), /^10\.96\./);
    assert.deepEqual(spec?.["clusterIPs"], [spec?.["clusterIP"]]);
    assert.deepEqual(spec?.["ipFamilies"], ["IPv4"]);
    assert.equal(spec?.["ipFamilyPolicy"], "SingleStack");
    assert.equal(spec?.["type"], "ClusterIP");
    assert.equal(spec?.["sessionAffinity"], "None");
    assert.equal(spec?.["internalTrafficPolicy"], "Cluster");
    assert.deepEqual(spec?.["ports"], [{ port: 80, protocol: "TCP", targetPort: 80 }]);
  });

  it("dual stack gets one address of each family", async () => {
    const spec = { ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] };
    const { body } = expectCode(await api.post(services, service("dual", spec)), 201);
    assert.deepEqual(body["spec"]?.["ipFamilies"], ["IPv4", "IPv6"]);
    assert.match(textOf(body["spec"]?.["clusterIPs"]?.[1]), /^fd00:10:96::/);
  });

  it("a headless Service without selector may have endpoints of both families", async () => {
    const { body } = expectCode(await api.post(services, service("headless", { clusterIP: "None" })), 201);
    assert.deepEqual(body["spec"]?.["ipFamilies"], ["IPv4", "IPv6"]);
    assert.equal(body["spec"]?.["ipFamilyPolicy"], "RequireDualStack");
  });

  it("an address is allocated to one Service only", async () => {
    expectCode(
      await api.post(services, service("first", { clusterIP: "10.96.0.77", ports: [{ port: 80 }] })),
      201,
    );
    const answer = await api.post(
      services,
      service("second", { clusterIP: "10.96.0.77", ports: [{ port: 80 }] }),
    );
    assert.match(textOf(expectCode(answer, 422).body["message"]), /provided IP is already allocated/);
    await api.delete(`${services}/first`);
    expectCode(
      await api.post(services, service("third", { clusterIP: "10.96.0.77", ports: [{ port: 80 }] })),
      201,
    );
  });

  it("NodePort and LoadBalancer Services get node ports, Local ones a health check port", async () => {
    const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local", ports: [{ port: 80 }] };
    const { body } = expectCode(await api.post(services, service("outside", spec)), 201);
    const nodePort = Number(body["spec"]?.["ports"]?.[0]?.["nodePort"]);
    assert.ok(nodePort >= 30_000 && nodePort <= 32_767);
    const healthCheck = Number(body["spec"]?.["healthCheckNodePort"]);
    assert.ok(healthCheck >= 30_000 && healthCheck <= 32_767 && healthCheck !== nodePort);
    const inside = await api.patch(`${services}/outside`, {
      spec: { type: "ClusterIP", externalTrafficPolicy: null },
    });
    expectCode(inside, 200);
    assert.equal(inside.body["spec"]?.["ports"]?.[0]?.["nodePort"], undefined);
  });

  it("ports that differ only in protocol share a node port", async () => {
    const ports = ["TCP", "UDP"].map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }));
    const { body } = expectCode(await api.post(services, service("dns", { type: "NodePort", ports })), 201);
    const [tcp, udp] = elements(body["spec"]?.["ports"]);
    assert.equal(tcp?.["nodePort"], udp?.["nodePort"]);
  });

  describe("an update that omits allocated values", () => {
    const ports = [
      { name: "http", port: 80 },
      { name: "https", port: 443 },
    ];
    const loadBalancer = { type: "LoadBalancer", externalTrafficPolicy: "Local", ports };

    for (const how of ["replace", "merge patch", "server-side apply"] as const) {
      it(`keeps addresses and node ports: ${how}`, async () => {
        const name = `kept-${how.replaceAll(" ", "-")}`;
        const path = `${services}/${name}`;
        const made = expectCode(
          how === "server-side apply"
            ? await api.patch(`${path}?fieldManager=admin`, service(name, loadBalancer), "apply")
            : await api.post(services, service(name, loadBalancer)),
          201,
        );
        const update = (spec: object): Promise<ApiAnswer> => {
          if (how === "replace") return api.put(path, service(name, spec));
          if (how === "merge patch") return api.patch(path, { spec });
          return api.patch(`${path}?fieldManager=admin`, service(name, spec), "apply");
        };
        const moved = ports.map((port) => ({ ...port, port: port.port + 8000 }));
        const again = expectCode(await update({ ...loadBalancer, ports: moved }), 200);
        assert.deepEqual(nodePortsOf(again), nodePortsOf(made));
        for (const field of ["clusterIPs", "healthCheckNodePort"]) {
          assert.deepEqual(again.body["spec"]?.[field], made.body["spec"]?.[field], field);
        }
      });
    }

    it("does not allocate a node port that another port requests", async () => {
      const path = `${services}/swapped`;
      const made = expectCode(await api.post(services, service("swapped", { type: "NodePort", ports })), 201);
      const taken = nodePortsOf(made).get("https") ?? 0;
      const swapped = [
        { name: "http", port: 80, nodePort: taken },
        { name: "https", port: 443 },
      ];
      const after = nodePortsOf(expectCode(await api.patch(path, { spec: { ports: swapped } }), 200));
      assert.equal(after.get("http"), taken);
      assert.notEqual(after.get("https"), taken);
    });

    it("keeps the node ports of a load balancer that no longer requests them", async () => {
      const path = `${services}/without-allocation`;
      const made = expectCode(await api.post(services, service("without-allocation", loadBalancer)), 201);
      const change = { spec: { allocateLoadBalancerNodePorts: false } };
      assert.deepEqual(nodePortsOf(await api.patch(path, change)), nodePortsOf(made));
    });
  });

  it("the first IP family of a Service is kept, the second one is removed with SingleStack only", async () => {
    const path = `${services}/families`;
    const spec = { ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] };
    expectCode(await api.post(services, service("families", spec)), 201);
    const swapped = await api.patch(path, { spec: { ipFamilies: ["IPv6", "IPv4"] } });
    assert.match(textOf(expectCode(swapped, 422).body["message"]), /expected an IPv6 value as indicated by/);
    const shortened = await api.patch(path, { spec: { ipFamilies: ["IPv4"] } });
    assert.match(
      textOf(expectCode(shortened, 422).body["message"]),
      /must be 'SingleStack' to release the secondary IP family/,
    );
    const single = expectCode(await api.patch(path, { spec: { ipFamilyPolicy: "SingleStack" } }), 200);
    assert.deepEqual(single.body["spec"]?.["ipFamilies"], ["IPv4"]);
  });
});
