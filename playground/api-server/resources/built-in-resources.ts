import { ageColumn, nameColumn } from "../table/column.ts";
import { builtInColumns } from "../table/built-in-columns.ts";
import { builtInSchema } from "../schema/built-in-schemas.ts";
import { serviceStrategy } from "../registry/services/service-strategy.ts";
import { qualifiedResource } from "../status-error.ts";
import {
  admissionPolicyStrategy,
  controllerRevisionStrategy,
  endpointSliceStrategy,
  leaseStrategy,
  namespaceStrategy,
  nodeStrategy,
  priorityClassStrategy,
  roleBindingStrategy,
  roleStrategy,
  secretStrategy,
  serviceCIDRStrategy,
} from "./cluster-strategies.ts";
import { crdStrategy } from "./crd-strategy.ts";
import { eventStrategy, newEventStrategy } from "./event-strategies.ts";
import { eventConversion } from "./event-conversion.ts";
import type { ResourceType, ScalePaths } from "./resource-type.ts";
import { plainStrategy } from "./strategy.ts";
import { daemonSetStrategy, deploymentStrategy, podStrategy } from "./workload-strategies.ts";

/** Definition of a built-in kind; the rest is derived from the kind's name. */
type Description = Partial<Omit<ResourceType, "schema">> &
  Pick<ResourceType, "kind" | "plural"> & {
    /** Name of the model in the client library. @default `V1` and the kind */
    readonly model?: string;
  };

function builtIn({ model, ...description }: Description): ResourceType {
  const { kind, plural, group = "" } = description;
  const storedAs = description.storedAs ?? qualifiedResource({ group, plural });
  return {
    group,
    version: "v1",
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    namespaced: true,
    shortNames: [],
    categories: [],
    custom: false,
    storedAs,
    schema: () => builtInSchema(model ?? `V1${kind}`),
    hasStatus: false,
    selectableFields: [],
    columns: builtInColumns[storedAs] ?? [nameColumn, ageColumn],
    strategy: plainStrategy,
    ...description,
  };
}

const replicas: ScalePaths = {
  specReplicas: ["spec", "replicas"],
  statusReplicas: ["status", "replicas"],
  selector: ["spec", "selector"],
};

const eventFields = [
  "involvedObject.kind",
  "involvedObject.namespace",
  "involvedObject.name",
  "involvedObject.uid",
  "involvedObject.apiVersion",
  "involvedObject.resourceVersion",
  "involvedObject.fieldPath",
  "reason",
  "reportingComponent",
  "source.component",
  "type",
];
const rbac = "rbac.authorization.k8s.io";

/** All kinds that the server has without a CustomResourceDefinition. */
export const builtInResources: readonly ResourceType[] = [
  builtIn({
    plural: "namespaces",
    kind: "Namespace",
    namespaced: false,
    shortNames: ["ns"],
    hasStatus: true,
    selectableFields: ["status.phase"],
    strategy: namespaceStrategy,
  }),
  builtIn({
    plural: "nodes",
    kind: "Node",
    namespaced: false,
    shortNames: ["no"],
    hasStatus: true,
    selectableFields: ["spec.unschedulable"],
    strategy: nodeStrategy,
  }),
  builtIn({
    plural: "pods",
    kind: "Pod",
    shortNames: ["po"],
    categories: ["all"],
    hasStatus: true,
    selectableFields: [
      "spec.nodeName",
      "spec.restartPolicy",
      "spec.schedulerName",
      "spec.serviceAccountName",
      "spec.hostNetwork",
      "status.phase",
      "status.podIP",
      "status.nominatedNodeName",
    ],
    strategy: podStrategy,
  }),
  builtIn({
    plural: "services",
    kind: "Service",
    shortNames: ["svc"],
    categories: ["all"],
    hasStatus: true,
    selectableFields: ["spec.clusterIP", "spec.type"],
    strategy: serviceStrategy,
  }),
  builtIn({ plural: "configmaps", kind: "ConfigMap", shortNames: ["cm"] }),
  builtIn({ plural: "secrets", kind: "Secret", selectableFields: ["type"], strategy: secretStrategy }),
  builtIn({ plural: "serviceaccounts", kind: "ServiceAccount", shortNames: ["sa"] }),
  builtIn({
    plural: "events",
    kind: "Event",
    model: "CoreV1Event",
    shortNames: ["ev"],
    selectableFields: eventFields,
    strategy: eventStrategy,
  }),
  builtIn({
    group: "events.k8s.io",
    plural: "events",
    kind: "Event",
    model: "EventsV1Event",
    storedAs: "events",
    shortNames: ["ev"],
    selectableFields: eventFields,
    strategy: newEventStrategy,
    conversion: eventConversion,
  }),
  builtIn({ group: "coordination.k8s.io", plural: "leases", kind: "Lease", strategy: leaseStrategy }),
  builtIn({
    group: "discovery.k8s.io",
    plural: "endpointslices",
    kind: "EndpointSlice",
    strategy: endpointSliceStrategy,
  }),
  builtIn({
    group: "networking.k8s.io",
    plural: "servicecidrs",
    kind: "ServiceCIDR",
    namespaced: false,
    hasStatus: true,
    strategy: serviceCIDRStrategy,
  }),
  builtIn({
    group: "apps",
    plural: "controllerrevisions",
    kind: "ControllerRevision",
    strategy: controllerRevisionStrategy,
  }),
  builtIn({
    group: "apps",
    plural: "daemonsets",
    kind: "DaemonSet",
    shortNames: ["ds"],
    categories: ["all"],
    hasStatus: true,
    strategy: daemonSetStrategy,
  }),
  builtIn({
    group: "apps",
    plural: "deployments",
    kind: "Deployment",
    shortNames: ["deploy"],
    categories: ["all"],
    hasStatus: true,
    scale: replicas,
    strategy: deploymentStrategy,
  }),
  builtIn({
    group: rbac,
    plural: "clusterroles",
    kind: "ClusterRole",
    namespaced: false,
    strategy: roleStrategy,
  }),
  builtIn({
    group: rbac,
    plural: "clusterrolebindings",
    kind: "ClusterRoleBinding",
    namespaced: false,
    strategy: roleBindingStrategy,
  }),
  builtIn({ group: rbac, plural: "roles", kind: "Role", strategy: roleStrategy }),
  builtIn({ group: rbac, plural: "rolebindings", kind: "RoleBinding", strategy: roleBindingStrategy }),
  builtIn({
    group: "policy",
    plural: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    shortNames: ["pdb"],
    hasStatus: true,
    strategy: { ...plainStrategy, tracksGeneration: true },
  }),
  builtIn({
    group: "admissionregistration.k8s.io",
    plural: "validatingadmissionpolicies",
    kind: "ValidatingAdmissionPolicy",
    namespaced: false,
    categories: ["api-extensions"],
    hasStatus: true,
    strategy: admissionPolicyStrategy,
  }),
  builtIn({
    group: "admissionregistration.k8s.io",
    plural: "validatingadmissionpolicybindings",
    kind: "ValidatingAdmissionPolicyBinding",
    namespaced: false,
    categories: ["api-extensions"],
    strategy: { ...plainStrategy, tracksGeneration: true },
  }),
  builtIn({
    group: "scheduling.k8s.io",
    plural: "priorityclasses",
    kind: "PriorityClass",
    namespaced: false,
    shortNames: ["pc"],
    strategy: priorityClassStrategy,
  }),
  builtIn({
    group: "apiextensions.k8s.io",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    hasStatus: true,
    strategy: crdStrategy,
  }),
];
