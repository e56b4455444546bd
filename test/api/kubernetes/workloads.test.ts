import assert from "node:assert/strict";
import { useKubernetesApi } from "./kubernetes-stage.ts";
import { expectCode } from "./read-answer.ts";

describe("workloads of the Kubernetes API", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  it("probes, environment and volumes get their defaults", async () => {
    const container = {
      name: "a",
      image: "b:1",
      env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
      livenessProbe: { httpGet: { port: 80 } },
      readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: 3 },
    };
    const volumes = [
      { name: "host", hostPath: { path: "/x" } },
      { name: "settings", configMap: { name: "x" } },
    ];
    const labels = { app: "probed" };
    const spec = {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], volumes } },
    };
    const path = "/apis/apps/v1/namespaces/api-test/daemonsets";
    const { body } = expectCode(await api.post(path, { metadata: { name: "probed" }, spec }), 201);
    const podSpec = body["spec"]?.["template"]?.["spec"];
    const defaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
    assert.deepEqual(podSpec?.["containers"]?.[0]?.["livenessProbe"], {
      httpGet: { path: "/", port: 80, scheme: "HTTP" },
      ...defaults,
    });
    assert.deepEqual(podSpec?.["containers"]?.[0]?.["readinessProbe"], {
      tcpSocket: { port: 1 },
      ...defaults,
      periodSeconds: 3,
    });
    assert.deepEqual(podSpec?.["containers"]?.[0]?.["env"]?.[0]?.["valueFrom"], {
      fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" },
    });
    assert.deepEqual(podSpec?.["volumes"], [
      { name: "host", hostPath: { path: "/x", type: "" } },
      { name: "settings", configMap: { name: "x", defaultMode: 420 } },
    ]);
  });
});
