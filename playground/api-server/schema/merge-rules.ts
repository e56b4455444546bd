import type { Schema } from "./schema.ts";

/** Server-side apply: a list whose items are identified by these keys. */
function mapList(...keys: readonly string[]): Schema {
  return { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys };
}

/** The same, and strategic merge patch identifies the items by one key. */
function mergedList(mergeKey: string, keys: readonly string[] = [mergeKey]): Schema {
  return { ...mapList(...keys), ...patchMerge(mergeKey) };
}

function patchMerge(mergeKey: string): Schema {
  return { "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": mergeKey };
}

const set: Schema = { "x-kubernetes-list-type": "set" };
const mergedSet: Schema = { ...set, "x-kubernetes-patch-strategy": "merge" };
const atomicMap: Schema = { "x-kubernetes-map-type": "atomic" };
const retainKeys: Schema = { "x-kubernetes-patch-strategy": "retainKeys" };
const tcpByDefault: Schema = { default: "TCP" };
const conditions = mergedList("type");

/**
 * How lists and maps of the built-in types merge, by `Model.field` (or `Model` for the type itself). A list without a rule is
 * atomic. Source: the markers `+listType`, `+listMapKey`, `+mapType`, `patchStrategy` and `patchMergeKey` of the Go types in
 * k8s.io/api, which the client library does not contain.
 */
export const mergeRules: Readonly<Record<string, Schema>> = {
  "V1ObjectMeta.finalizers": mergedSet,
  "V1ObjectMeta.ownerReferences": mergedList("uid"),
  V1OwnerReference: atomicMap,
  V1LabelSelector: atomicMap,
  V1NodeSelector: atomicMap,
  V1NodeSelectorTerm: atomicMap,
  V1ObjectReference: atomicMap,
  V1LocalObjectReference: atomicMap,
  V1TypedLocalObjectReference: atomicMap,
  V1SecretReference: atomicMap,
  V1ConfigMapKeySelector: atomicMap,
  V1SecretKeySelector: atomicMap,
  V1ObjectFieldSelector: atomicMap,
  V1ResourceFieldSelector: atomicMap,
  V1RoleRef: atomicMap,
  RbacV1Subject: atomicMap,

  "V1NamespaceStatus.conditions": conditions,
  "V1ServiceSpec.ports": mergedList("port", ["port", "protocol"]),
  "V1ServicePort.protocol": tcpByDefault,
  "V1ServiceSpec.selector": atomicMap,
  "V1ServiceStatus.conditions": conditions,
  "V1NodeSpec.podCIDRs": mergedSet,
  "V1NodeStatus.addresses": mergedList("type"),
  "V1NodeStatus.conditions": conditions,
  "V1ServiceAccount.secrets": mergedList("name"),
  "V1ServiceCIDRStatus.conditions": conditions,
  "V1EndpointSlice.endpoints": { "x-kubernetes-list-type": "atomic" },
  "V1Endpoint.addresses": set,

  "V1PodSpec.containers": mergedList("name"),
  "V1PodSpec.initContainers": mergedList("name"),
  "V1PodSpec.ephemeralContainers": mergedList("name"),
  "V1PodSpec.volumes": { ...mergedList("name"), "x-kubernetes-patch-strategy": "merge,retainKeys" },
  "V1PodSpec.imagePullSecrets": mergedList("name"),
  "V1PodSpec.hostAliases": mergedList("ip"),
  "V1PodSpec.nodeSelector": atomicMap,
  "V1PodSpec.topologySpreadConstraints": mergedList("topologyKey", ["topologyKey", "whenUnsatisfiable"]),
  "V1PodSpec.schedulingGates": mergedList("name"),
  "V1PodSpec.resourceClaims": { ...mergedList("name"), "x-kubernetes-patch-strategy": "merge,retainKeys" },
  "V1PodStatus.conditions": conditions,
  "V1PodStatus.podIPs": mergedList("ip"),
  "V1PodStatus.hostIPs": mergedList("ip"),
  "V1Container.ports": mergedList("containerPort", ["containerPort", "protocol"]),
  "V1ContainerPort.protocol": tcpByDefault,
  "V1Container.env": mergedList("name"),
  "V1Container.volumeMounts": mergedList("mountPath"),
  "V1Container.volumeDevices": mergedList("devicePath"),
  "V1EphemeralContainer.env": mergedList("name"),
  "V1EphemeralContainer.ports": mergedList("containerPort", ["containerPort", "protocol"]),
  "V1EphemeralContainer.volumeMounts": mergedList("mountPath"),
  "V1ResourceRequirements.claims": mapList("name"),
  "V1CSIPersistentVolumeSource.volumeAttributes": atomicMap,
  "V1DeploymentSpec.strategy": retainKeys,
  "V1DeploymentStatus.conditions": conditions,
  "V1DaemonSetStatus.conditions": conditions,
  "V1StatefulSetStatus.conditions": conditions,
  "V1ReplicaSetStatus.conditions": conditions,
  "V1CustomResourceDefinitionStatus.conditions": mapList("type"),
};
