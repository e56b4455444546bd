import { StatusError } from "./status-error.ts";
import type { JsonObject } from "./json-value.ts";
import type { Registry } from "./registry/registry.ts";
import type { Cidr } from "../../platform/ip/address.ts";

/** Creates the objects that every cluster has from the start: system namespaces, service range, priority classes, its own Service. */
export function createClusterObjects(
  registry: Registry,
  facts: { readonly serviceCIDRs: readonly Cidr[]; readonly apiPort: number },
): void {
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    create(registry, "", "namespaces", { metadata: { name } });
  }
  create(registry, "networking.k8s.io", "servicecidrs", {
    metadata: { name: "kubernetes" },
    spec: { cidrs: facts.serviceCIDRs },
  });
  create(registry, "scheduling.k8s.io", "priorityclasses", {
    metadata: { name: "system-cluster-critical" },
    value: 2_000_000_000,
  });
  create(registry, "scheduling.k8s.io", "priorityclasses", {
    metadata: { name: "system-node-critical" },
    value: 2_000_001_000,
  });
  create(registry, "", "services", kubernetesService(facts.serviceCIDRs[0], facts.apiPort), "default");
}

/** The Service of the API server itself has the first address of the range. */
function kubernetesService(range: Cidr | undefined, targetPort: number): JsonObject {
  const network = range?.slice(0, range.indexOf("/")) ?? "";
  const clusterIP = network.endsWith("::")
    ? `${network}1`
    : network.replace(/\d+$/, (last) => String(Number(last) + 1));
  return {
    metadata: { name: "kubernetes", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: { clusterIP, ports: [{ name: "https", port: 443, protocol: "TCP", targetPort }] },
  };
}

/** Creates the object unless an earlier run did. */
function create(registry: Registry, group: string, plural: string, body: JsonObject, namespace = ""): void {
  const type = registry.catalog.find(group, "v1", plural);
  if (type === undefined) throw new Error(`the server lacks its built-in resource ${plural}`);
  const options = { fieldManager: "kube-apiserver", dryRun: false, fieldValidation: "Strict" } as const;
  try {
    registry.create({ type, namespace, subresource: "" }, body, options);
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
  }
}
