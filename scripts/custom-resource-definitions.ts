import type { z } from "zod";
import { apiGroup, apiVersion } from "../crds/api.ts";
import { nodeProxySpec, nodeProxyStatus } from "../crds/schema/node-proxy.ts";
import { proxyConfigSpec } from "../crds/schema/proxy-config.ts";
import { proxyConfigStatus } from "../crds/schema/proxy-config-status.ts";
import type { CelRule, StructuralSchema } from "../crds/validation/schema.ts";
import { structuralSchemaOf } from "./structural-schema-of.ts";

interface PrinterColumn {
  readonly name: string;
  readonly type: "date" | "integer" | "string";
  readonly jsonPath: string;
  readonly description: string;
  /** 1 shows the column with `-o wide` only. */
  readonly priority?: 1;
}

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly rules: readonly CelRule[];
  readonly columns: readonly PrinterColumn[];
}

const readyCondition = '.status.conditions[?(@.type=="Ready")]';
const conditionStatus = (type: string): string => `.status.conditions[?(@.type=="${type}")].status`;
const age: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since creation.",
};

function column(
  name: string,
  jsonPath: string,
  description: string,
  options: Partial<Pick<PrinterColumn, "priority" | "type">> = {},
): PrinterColumn {
  return { name, type: "string", jsonPath, description, ...options };
}

const proxyConfig: Definition = {
  kind: "ProxyConfig",
  plural: "proxyconfigs",
  shortNames: ["pxc"],
  description:
    "How Services are proxied on the selected nodes: mode, scheduling, session affinity and rollout.",
  spec: proxyConfigSpec,
  status: proxyConfigStatus,
  rules: [
    {
      rule: "self.metadata.name.size() <= 63",
      message: "metadata.name must be no more than 63 characters, because it becomes a label value",
    },
  ],
  columns: [
    column("Mode", ".spec.mode", "Requested mode."),
    column("Algorithm", ".spec.scheduling.algorithm", "Scheduling algorithm."),
    column("Nodes", ".status.nodes.selected", "Nodes that this ProxyConfig owns.", { type: "integer" }),
    column("Updated", ".status.nodes.updated", "Nodes whose agent has observed the latest revision.", {
      type: "integer",
    }),
    column("Ready", ".status.nodes.ready", "Nodes that run the latest revision and are ready.", {
      type: "integer",
    }),
    column("Status", `${readyCondition}.reason`, "Reason of the condition Ready."),
    column("Stage", ".status.rollout.stage", "Stage of the rollout."),
    age,
    column(
      "Priority",
      ".spec.priority",
      "If several ProxyConfigs select a node, the highest priority applies.",
      { type: "integer", priority: 1 },
    ),
    column("Affinity", ".spec.sessionAffinity.type", "Session affinity.", { priority: 1 }),
    column("Revision", ".status.updateRevision", "Revision that is being rolled out.", { priority: 1 }),
    column("Message", `${readyCondition}.message`, "Message of the condition Ready.", { priority: 1 }),
  ],
};

const nodeProxy: Definition = {
  kind: "NodeProxy",
  plural: "nodeproxies",
  shortNames: ["npx"],
  description:
    "Desired settings and observed state of one node. Created by the operator and named after the node.",
  spec: nodeProxySpec,
  status: nodeProxyStatus,
  rules: [],
  columns: [
    column("Config", ".spec.configName", "ProxyConfig that owns the node."),
    column("Mode", ".status.runningMode", "Mode whose rules are in the kernel."),
    column("Ready", `${readyCondition}.status`, "Whether the node runs its latest settings."),
    column("Degraded", conditionStatus("Degraded"), "Whether some Services are not served as specified."),
    column("Drifted", conditionStatus("Drifted"), "Whether the kernel state has external changes."),
    column("Heartbeat", ".status.heartbeatAt", "Time since the agent last reported.", { type: "date" }),
    column("Ports", ".status.services.servicePorts", "Service ports programmed.", { type: "integer" }),
    age,
    column("Endpoints", ".status.services.endpoints", "Endpoints programmed.", {
      type: "integer",
      priority: 1,
    }),
    column(
      "Orphaned",
      `.metadata.labels.${apiGroup.replaceAll(".", String.raw`\.`)}/orphaned`,
      "true: no ProxyConfig selects the node any more; its last settings still apply.",
      { priority: 1 },
    ),
    column("Revision", ".spec.revision", "Revision that the node should run.", { priority: 1 }),
    column("Observed", ".status.observedRevision", "Revision that the agent has observed.", { priority: 1 }),
    column("Kernel", ".status.capabilities.kernel", "Kernel release.", { priority: 1 }),
    column("Nft", ".status.capabilities.nft", "Version of nft.", { priority: 1 }),
    column("Message", `${readyCondition}.message`, "Message of the condition Ready.", { priority: 1 }),
  ],
};

/** The manifests of both kinds, generated from the schemas in `crds/schema`. */
export const customResourceDefinitions = [proxyConfig, nodeProxy].map(customResourceDefinition);

function customResourceDefinition(definition: Definition) {
  const { kind, plural, shortNames, columns } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${apiGroup}`,
      labels: { "app.kubernetes.io/name": "kubesteer", "app.kubernetes.io/part-of": "kubesteer" },
    },
    spec: {
      group: apiGroup,
      scope: "Cluster",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["kubesteer", "networking"],
      },
      versions: [
        {
          name: apiVersion,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: resourceSchema(definition) },
        },
      ],
    },
  };
}

function resourceSchema({ description, spec, status, rules }: Definition): StructuralSchema {
  return {
    description,
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { description: "API group and version of this object.", type: "string" },
      kind: { description: "Kind of this object.", type: "string" },
      metadata: { type: "object" }, // kube-apiserver rejects any other keyword here, even a description
      spec: structuralSchemaOf(spec),
      status: structuralSchemaOf(status),
    },
    ...(rules.length > 0 && { "x-kubernetes-validations": rules }),
  };
}
