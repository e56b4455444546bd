import {
  arrayAt,
  entriesOf,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
  textOf,
  type JsonValue,
} from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import { ageColumn, fieldColumn, nameColumn, since, text, type Column } from "./column.ts";

function column(name: string, cell: (object: KubeObject) => JsonValue, priority = 0): Column {
  return { name, type: "string", priority, cell };
}

function joined(values: readonly string[]): string {
  return values.length === 0 ? "<none>" : values.join(",");
}

function selectorText(object: KubeObject, ...path: readonly string[]): string {
  return joined(entriesOf(objectAt(object, ...path)).map(([key, value]) => `${key}=${textOf(value)}`));
}

/** At most `max` entries, then the number of the remaining ones, in the format of `kubectl get endpointslices`. */
function shortened(values: readonly string[], max = 3): string {
  if (values.length === 0) return "<unset>";
  if (values.length <= max) return values.join(",");
  return `${values.slice(0, max).join(",")} + ${values.length - max} more...`;
}

function count(name: string, ...path: readonly string[]): Column {
  return { name, type: "integer", cell: (object) => numberAt(object, ...path) ?? 0 };
}

function servicePorts(object: KubeObject): string {
  const ports = arrayAt(object, "spec", "ports").map((port) => {
    const nodePort = numberAt(port, "nodePort");
    const number = nodePort === undefined ? "" : `:${nodePort}`;
    return `${numberAt(port, "port") ?? 0}${number}/${stringAt(port, "protocol") ?? "TCP"}`;
  });
  return joined(ports);
}

function serviceExternalAddresses(object: KubeObject): string {
  const type = text(object, "spec", "type");
  if (type === "ExternalName") return text(object, "spec", "externalName");
  const ingress = arrayAt(object, "status", "loadBalancer", "ingress").map(
    (entry) => stringAt(entry, "ip") ?? stringAt(entry, "hostname") ?? "",
  );
  const all = [...(type === "LoadBalancer" ? ingress : []), ...stringsAt(object, "spec", "externalIPs")];
  return all.length === 0 && type === "LoadBalancer" ? "<pending>" : joined(all);
}

function nodeRoles(object: KubeObject): string {
  const prefix = "node-role.kubernetes.io/";
  return joined(
    Object.keys(object.metadata.labels ?? {}).flatMap((key) =>
      key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
    ),
  );
}

function nodeStatus(object: KubeObject): string {
  const ready = arrayAt(object, "status", "conditions").find(
    (condition) => stringAt(condition, "type") === "Ready",
  );
  const status =
    ready === undefined ? "Unknown" : stringAt(ready, "status") === "True" ? "Ready" : "NotReady";
  return objectAt(object, "spec")["unschedulable"] === true ? `${status},SchedulingDisabled` : status;
}

function nodeAddress(type: string): (object: KubeObject) => string {
  return (object) => {
    const address = arrayAt(object, "status", "addresses").find((entry) => stringAt(entry, "type") === type);
    return stringAt(address, "address") ?? "<none>";
  };
}

function containerImages(object: KubeObject): string {
  return joined(
    arrayAt(object, "spec", "template", "spec", "containers").map((each) => stringAt(each, "image") ?? ""),
  );
}

function containerNames(object: KubeObject): string {
  return joined(
    arrayAt(object, "spec", "template", "spec", "containers").map((each) => stringAt(each, "name") ?? ""),
  );
}

function readyContainers(object: KubeObject): string {
  const ready = arrayAt(object, "status", "containerStatuses").filter(
    (status) => objectAt(status)["ready"] === true,
  );
  return `${ready.length}/${arrayAt(object, "spec", "containers").length}`;
}

function podRestarts(object: KubeObject): string {
  const counts = arrayAt(object, "status", "containerStatuses").map(
    (status) => numberAt(status, "restartCount") ?? 0,
  );
  return String(counts.reduce((sum, restarts) => sum + restarts, 0));
}

function podStatus(object: KubeObject): string {
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  return stringAt(object, "status", "reason") ?? stringAt(object, "status", "phase") ?? "Unknown";
}

const workloadWide = [
  column("Containers", containerNames, 1),
  column("Images", containerImages, 1),
  column("Selector", (object) => selectorText(object, "spec", "selector", "matchLabels"), 1),
];

/** Columns by stored resource; all other kinds show Name and Age. */
export const builtInColumns: Readonly<Record<string, readonly Column[]>> = {
  services: [
    nameColumn,
    column("Type", (object) => text(object, "spec", "type")),
    column("Cluster-IP", (object) => stringAt(object, "spec", "clusterIP") ?? "<none>"),
    column("External-IP", serviceExternalAddresses),
    column("Port(s)", servicePorts),
    ageColumn,
    column("Selector", (object) => selectorText(object, "spec", "selector"), 1),
  ],
  "endpointslices.discovery.k8s.io": [
    nameColumn,
    column("AddressType", (object) => text(object, "addressType")),
    column("Ports", (object) =>
      shortened(arrayAt(object, "ports").map((port) => String(numberAt(port, "port") ?? "*"))),
    ),
    column("Endpoints", (object) =>
      shortened(arrayAt(object, "endpoints").flatMap((each) => stringsAt(each, "addresses"))),
    ),
    ageColumn,
  ],
  nodes: [
    nameColumn,
    column("Status", nodeStatus),
    column("Roles", nodeRoles),
    ageColumn,
    column("Version", (object) => text(object, "status", "nodeInfo", "kubeletVersion")),
    column("Internal-IP", nodeAddress("InternalIP"), 1),
    column("External-IP", nodeAddress("ExternalIP"), 1),
    column("OS-Image", (object) => stringAt(object, "status", "nodeInfo", "osImage") ?? "<unknown>", 1),
    column(
      "Kernel-Version",
      (object) => stringAt(object, "status", "nodeInfo", "kernelVersion") ?? "<unknown>",
      1,
    ),
    column(
      "Container-Runtime",
      (object) => stringAt(object, "status", "nodeInfo", "containerRuntimeVersion") ?? "<unknown>",
      1,
    ),
  ],
  pods: [
    nameColumn,
    column("Ready", readyContainers),
    column("Status", podStatus),
    column("Restarts", podRestarts),
    ageColumn,
    column("IP", (object) => stringAt(object, "status", "podIP") ?? "<none>", 1),
    column("Node", (object) => stringAt(object, "spec", "nodeName") ?? "<none>", 1),
    column("Nominated Node", (object) => stringAt(object, "status", "nominatedNodeName") ?? "<none>", 1),
    column("Readiness Gates", () => "<none>", 1),
  ],
  events: [
    { name: "Last Seen", type: "string", cell: lastSeen },
    column("Type", (object) => text(object, "type")),
    column("Reason", (object) => text(object, "reason")),
    column("Object", (object) => {
      const kind = text(object, "involvedObject", "kind").toLowerCase();
      return `${kind}/${text(object, "involvedObject", "name")}`;
    }),
    column("Subobject", (object) => text(object, "involvedObject", "fieldPath"), 1),
    column(
      "Source",
      (object) => stringAt(object, "source", "component") ?? text(object, "reportingComponent"),
      1,
    ),
    column("Message", (object) => text(object, "message").trim()),
    {
      name: "First Seen",
      type: "string",
      priority: 1,
      cell: (object, nowMs) =>
        since(stringAt(object, "firstTimestamp") ?? stringAt(object, "eventTime"), nowMs),
    },
    {
      name: "Count",
      type: "string",
      priority: 1,
      cell: (object) => numberAt(object, "series", "count") ?? numberAt(object, "count") ?? 1,
    },
    { ...nameColumn, priority: 1 },
  ],
  "leases.coordination.k8s.io": [
    nameColumn,
    column("Holder", (object) => text(object, "spec", "holderIdentity")),
    ageColumn,
  ],
  namespaces: [nameColumn, column("Status", (object) => text(object, "status", "phase")), ageColumn],
  "customresourcedefinitions.apiextensions.k8s.io": [
    nameColumn,
    column("Created At", (object) => object.metadata.creationTimestamp ?? ""),
  ],
  configmaps: [
    nameColumn,
    { name: "Data", type: "string", cell: (object) => dataSize(object, "data", "binaryData") },
    ageColumn,
  ],
  secrets: [
    nameColumn,
    column("Type", (object) => text(object, "type")),
    { name: "Data", type: "string", cell: (object) => dataSize(object, "data") },
    ageColumn,
  ],
  "daemonsets.apps": [
    nameColumn,
    count("Desired", "status", "desiredNumberScheduled"),
    count("Current", "status", "currentNumberScheduled"),
    count("Ready", "status", "numberReady"),
    count("Up-to-date", "status", "updatedNumberScheduled"),
    count("Available", "status", "numberAvailable"),
    column("Node Selector", (object) => selectorText(object, "spec", "template", "spec", "nodeSelector")),
    ageColumn,
    ...workloadWide,
  ],
  "deployments.apps": [
    nameColumn,
    column(
      "Ready",
      (object) =>
        `${numberAt(object, "status", "readyReplicas") ?? 0}/${numberAt(object, "spec", "replicas") ?? 0}`,
    ),
    count("Up-to-date", "status", "updatedReplicas"),
    count("Available", "status", "availableReplicas"),
    ageColumn,
    ...workloadWide,
  ],
  "controllerrevisions.apps": [
    nameColumn,
    column("Controller", (object) => {
      const owner = (object.metadata.ownerReferences ?? []).find(
        (reference) => reference["controller"] === true,
      );
      return owner === undefined ? "<none>" : `${owner.kind.toLowerCase()}/${owner.name}`;
    }),
    count("Revision", "revision"),
    ageColumn,
  ],
  "servicecidrs.networking.k8s.io": [
    nameColumn,
    column("CIDRs", (object) => stringsAt(object, "spec", "cidrs").join(",")),
    ageColumn,
  ],
  "clusterroles.rbac.authorization.k8s.io": [
    nameColumn,
    column("Created At", (object) => object.metadata.creationTimestamp ?? ""),
  ],
  "roles.rbac.authorization.k8s.io": [
    nameColumn,
    column("Created At", (object) => object.metadata.creationTimestamp ?? ""),
  ],
  "clusterrolebindings.rbac.authorization.k8s.io": [nameColumn, column("Role", roleText), ageColumn],
  "rolebindings.rbac.authorization.k8s.io": [nameColumn, column("Role", roleText), ageColumn],
  "priorityclasses.scheduling.k8s.io": [
    nameColumn,
    fieldColumn("Value", ["value"], { type: "integer" }),
    column("Global-Default", (object) => object["globalDefault"] === true),
    ageColumn,
    column("PreemptionPolicy", (object) => text(object, "preemptionPolicy")),
  ],
};

function roleText(object: KubeObject): string {
  return `${text(object, "roleRef", "kind")}/${text(object, "roleRef", "name")}`;
}

function dataSize(object: KubeObject, ...fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + Object.keys(objectAt(object, field)).length, 0);
}

function lastSeen(object: KubeObject, nowMs: number): string {
  const time =
    stringAt(object, "series", "lastObservedTime") ??
    stringAt(object, "lastTimestamp") ??
    stringAt(object, "eventTime") ??
    object.metadata.creationTimestamp;
  return since(time, nowMs);
}
