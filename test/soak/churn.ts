import type { ApiClient } from "../../platform/kube/api-client.ts";
import { resources } from "../../platform/kube/resources.ts";
import type { Random } from "./random.ts";

const namespace = "churn";
const serviceCount = 60;

/** Changes one object of Services without clients: they are created, changed, moved between addresses, and deleted. */
export async function changeSomething(client: ApiClient, random: Random): Promise<void> {
  const number = random.below(serviceCount);
  const name = `churn-${number}`;
  const slice = `${name}-${random.below(2)}`;
  const chosen = random.below(12);
  if (chosen === 0) await client.delete({ resource: resources.services, namespace, name });
  else if (chosen === 1) await client.delete({ resource: resources.endpointSlices, namespace, name: slice });
  else if (chosen < 5) await replaceService(client, name, number, random);
  else await client.apply(resources.endpointSlices, makeSlice(slice, name, random), { fieldManager: "soak" });
}

/** A Service cannot change from one type to every other one in place, and earlier applied fields would stay. */
async function replaceService(
  client: ApiClient,
  name: string,
  number: number,
  random: Random,
): Promise<void> {
  await client.delete({ resource: resources.services, namespace, name });
  const ports = [
    { name: "a", port: 80, targetPort: 8080, protocol: random.pick(["TCP", "UDP"]) },
    { name: "b", port: 81, targetPort: 9090, protocol: "TCP" },
  ].slice(0, 1 + random.below(2));
  const spec = {
    type: random.pick(["ClusterIP", "NodePort", "LoadBalancer"]),
    clusterIP: `10.96.1.${number + 1}`,
    externalIPs: random.chance(3) ? [`203.0.113.${random.below(20) + 1}`] : [],
    sessionAffinity: random.pick(["None", "ClientIP"]),
    internalTrafficPolicy: random.pick(["Cluster", "Local"]),
    ports,
  };
  const labels = random.chance(10) ? { "service.kubernetes.io/service-proxy-name": "other" } : {};
  const service = { apiVersion: "v1", kind: "Service", metadata: { name, namespace, labels }, spec };
  await client.apply(resources.services, service, { fieldManager: "soak" });
}

function makeSlice(name: string, service: string, random: Random) {
  const endpoints = Array.from({ length: random.below(8) }, () => ({
    addresses: [`10.244.${random.below(3)}.${random.below(40) + 50}`],
    conditions: { ready: !random.chance(4), serving: true, terminating: random.chance(6) },
    nodeName: random.pick(["worker-1", "worker-2"]),
  }));
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [
      { name: "a", port: 8080, protocol: "TCP" },
      { name: "b", port: 9090, protocol: "TCP" },
    ],
    endpoints,
  };
}
