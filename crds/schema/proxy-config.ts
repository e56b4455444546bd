import { z } from "zod";
import { nodePorts } from "./node-ports.ts";
import { rollout } from "./rollout.ts";
import { condition, modeCount } from "./status.ts";
import {
  affinityTimeoutSeconds,
  labelSelector,
  namespacedName,
  proxyMode,
  schedulingAlgorithm,
  slowStartSeconds,
} from "./service-traffic.ts";

const seconds = z.int().min(0).max(31_536_000);

/** A CIDR with a prefix length, as the API server's CEL function isCIDR accepts it. */
const cidr = z
  .string()
  .max(49)
  .meta({
    "x-kubernetes-validations": [
      { rule: "isCIDR(self)", message: "must be an IPv4 or IPv6 CIDR such as 10.244.0.0/16" },
    ],
  });

const clientIP = z.object({ timeoutSeconds: affinityTimeoutSeconds.default(10_800) });
const clientIPDescription = "Settings for type ClientIP; unset is a timeout of 10800 seconds.";

const affinityRule = {
  rule: "self.type == 'ClientIP' || !has(self.clientIP)",
  message: "clientIP may only be set when type is ClientIP",
  fieldPath: ".clientIP",
};

const sessionAffinity = z
  .object({
    type: z
      .enum(["Service", "None", "ClientIP"])
      .default("Service")
      .describe("Service obeys each Service's own sessionAffinity; None and ClientIP override it."),
    clientIP: clientIP.optional().describe(clientIPDescription),
  })
  .meta({ "x-kubernetes-validations": [affinityRule] });

const serviceRule = z
  .object({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .describe("Name of the rule, unique in the list; messages about the rule name it."),
    namespaceSelector: labelSelector
      .optional()
      .describe("Namespaces whose Services the rule is for; unset is every namespace."),
    serviceSelector: labelSelector
      .optional()
      .describe("Labels of the Services the rule is for; unset is every Service."),
    names: z
      .array(namespacedName)
      .max(256)
      .meta({ "x-kubernetes-list-type": "set" })
      .optional()
      .describe("Services by namespace/name; with selectors, a Service must satisfy all of them."),
    scheduling: z
      .object({
        algorithm: schedulingAlgorithm.optional(),
        slowStartSeconds: slowStartSeconds.optional(),
      })
      .meta({
        "x-kubernetes-validations": [
          {
            rule: "has(self.algorithm) || has(self.slowStartSeconds)",
            message: "scheduling of a rule must set algorithm or slowStartSeconds",
          },
        ],
      })
      .optional()
      .describe("Replaces the fields of spec.scheduling that it sets for these Services."),
    sessionAffinity: z
      .object({
        type: z.enum(["Service", "None", "ClientIP"]).describe("As spec.sessionAffinity.type."),
        clientIP: clientIP.optional().describe(clientIPDescription),
      })
      .meta({ "x-kubernetes-validations": [affinityRule] })
      .optional()
      .describe("Replaces spec.sessionAffinity for these Services."),
    mode: proxyMode.optional().describe("A mode for these Services only."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "has(self.names) && self.names.size() > 0 || has(self.namespaceSelector) || has(self.serviceSelector)",
        message: "a rule must select something: set names, namespaceSelector or serviceSelector",
      },
      {
        rule: "has(self.scheduling) || has(self.sessionAffinity) || has(self.mode)",
        message: "a rule must change something: set scheduling, sessionAffinity or mode",
      },
    ],
  });

const localTraffic = z
  .object({
    detect: z
      .enum(["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"])
      .default("NodeCIDR")
      .describe(
        "How a node tells its pods' traffic from outside traffic. NodeCIDR: the node's spec.podCIDRs. ClusterCIDR: " +
          "the CIDRs below. BridgeInterface and InterfaceNamePrefix: the interface a packet came in on.",
      ),
    cidrs: z.array(cidr).max(16).optional().describe("Pod CIDRs of the cluster, for detect ClusterCIDR."),
    interface: z
      .string()
      .min(1)
      .max(15)
      .regex(/^[A-Za-z0-9_.-]+$/)
      .optional()
      .describe("Bridge name, or interface name prefix, for the interface detectors."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "self.detect == 'ClusterCIDR' ? has(self.cidrs) && self.cidrs.size() > 0 : !has(self.cidrs)",
        message: "cidrs must be set for detect ClusterCIDR and only then",
        fieldPath: ".cidrs",
      },
      {
        rule: "self.detect in ['BridgeInterface', 'InterfaceNamePrefix'] ? has(self.interface) : !has(self.interface)",
        message: "interface must be set for detect BridgeInterface and InterfaceNamePrefix and only then",
        fieldPath: ".interface",
      },
    ],
  });

const conntrack = z.object({
  maxPerCore: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(32_768)
    .describe("nf_conntrack_max per CPU core; 0 leaves the kernel's value."),
  min: z.int().min(0).max(16_777_216).default(131_072).describe("Lower bound of nf_conntrack_max."),
  tcpEstablishedTimeoutSeconds: seconds
    .default(86_400)
    .describe("Idle time of established TCP connections; 0 leaves the kernel's value."),
  tcpCloseWaitTimeoutSeconds: seconds
    .default(3_600)
    .describe("Time in CLOSE_WAIT; 0 leaves the kernel's value."),
  tcpBeLiberal: z
    .boolean()
    .default(false)
    .describe("Accept out-of-window TCP packets; false leaves the kernel's value."),
  udpTimeoutSeconds: seconds
    .default(0)
    .describe("Idle time of unreplied UDP flows; 0 leaves the kernel's value."),
  udpStreamTimeoutSeconds: seconds
    .default(0)
    .describe("Idle time of UDP streams; 0 leaves the kernel's value."),
});

const sync = z.object({
  minPeriodMilliseconds: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe("Shortest time from the end of one sync to the start of the next; 0 syncs on every change."),
  fullResyncPeriodSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(3_600)
    .describe("Longest time between two full syncs."),
});

const drift = z.object({
  policy: z
    .enum(["Repair", "Report"])
    .default("Repair")
    .describe("What to do when somebody else changes our kernel state."),
});

/** Settings that reach the agent of a node; what remains of a ProxyConfig when the operator has chosen its nodes. */
export const nodeSettings = {
  mode: proxyMode
    .default("nftables")
    .describe(
      "How Services are programmed into the kernel. This version has nftables. A node that can run neither mode nor one " +
        "of fallbackModes says so and keeps what it has.",
    ),
  fallbackModes: z
    .array(proxyMode)
    .max(4)
    .default([])
    .meta({ "x-kubernetes-list-type": "set" })
    .describe(
      "Modes tried in this order where a node lacks what mode needs; the reason is in the node's status.",
    ),
  scheduling: z
    .object({
      algorithm: schedulingAlgorithm.default("Random"),
      slowStartSeconds: slowStartSeconds.default(0),
    })
    .prefault({})
    .describe("Choice of endpoint for every Service that no rule matches."),
  sessionAffinity: sessionAffinity
    .prefault({})
    .describe("Session affinity for every Service that no rule matches."),
  services: z
    .array(serviceRule)
    .max(64)
    .default([])
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .describe("Exceptions for some Services. For each field the first matching rule that sets it wins."),
  localTraffic: localTraffic
    .prefault({})
    .describe("Which traffic comes from this node's pods and keeps its source address."),
  masqueradeAll: z.boolean().default(false).describe("Masquerade all traffic to ClusterIPs, also from pods."),
  nodePorts: nodePorts.prefault({}).describe("Where NodePorts answer."),
  conntrack: conntrack.prefault({}).describe("Connection tracking limits and timeouts of the node."),
  sync: sync.prefault({}).describe("Pace of kernel programming."),
  drift: drift.prefault({}).describe("Protection of our kernel state against changes by others."),
};

export const proxyConfigSpec = z
  .object({
    nodeSelector: labelSelector
      .prefault({})
      .describe("Nodes this configuration is for; empty is every node."),
    priority: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .default(0)
      .describe("Where several ProxyConfigs select a node the highest priority wins, then the oldest."),
    ...nodeSettings,
    rollout: rollout.prefault({}).describe("How a change reaches the nodes."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "!(self.mode in self.fallbackModes)",
        message: "fallbackModes must not contain mode, which is tried first anyway",
        fieldPath: ".fallbackModes",
      },
    ],
  })
  .describe("How Services are proxied on the selected nodes.");

const count = z.int().min(0);

export const proxyConfigStatus = z
  .object({
    observedGeneration: count.optional().describe("metadata.generation that this status describes."),
    conditions: z
      .array(condition)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional()
      .describe("Ready, Progressing and Degraded; Stalled, Overridden and ModeFallback while they hold."),
    currentRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Revision that every selected node runs or ran last."),
    updateRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Revision that is being rolled out; equal to currentRevision when done."),
    lastGoodRevision: z
      .string()
      .max(63)
      .optional()
      .describe("Newest revision that was Ready on every selected node."),
    nodes: z
      .object({
        selected: count.describe("Nodes this ProxyConfig owns."),
        updated: count.describe("Nodes whose agent has observed updateRevision."),
        ready: count.describe("Updated nodes whose agent reports Ready."),
        failed: count.describe(
          "Nodes whose agent reports that it is not Ready, or has not reported for three minutes.",
        ),
        unsupported: count.describe("Nodes that lack what every allowed mode needs."),
        degraded: count
          .optional() // absent from a status that an operator of before has written
          .describe("Nodes that do not serve some Services as asked; their NodeProxies say which and why."),
        drifted: count.describe("Nodes whose kernel state was changed by others and is not repaired."),
        overridden: count.describe("Nodes that nodeSelector selects but another ProxyConfig owns."),
      })
      .optional()
      .describe("Node counts."),
    modes: z
      .array(modeCount)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["mode"] })
      .optional()
      .describe("How many nodes run which mode."),
    rollout: z
      .object({
        stage: z
          .string()
          .max(64)
          .describe(
            "Where the rollout stands: complete, no nodes, or updating, paused or stalled with ready/all nodes.",
          ),
        startedAt: z
          .string()
          .meta({ format: "date-time" })
          .optional()
          .describe("When the rollout of updateRevision began."),
        message: z
          .string()
          .max(1024)
          .optional()
          .describe("What the rollout waits for, and what of spec.rollout it did not obey."),
      })
      .optional()
      .describe("Progress of the rollout."),
    failing: z
      .array(
        z.object({
          node: z.string().max(253).describe("Node name."),
          reason: z.string().max(128).describe("Reason of the node's Ready condition."),
          message: z.string().max(1024).describe("What is wrong and what to do."),
          since: z.string().meta({ format: "date-time" }).optional().describe("Since when."),
        }),
      )
      .max(10)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["node"] })
      .optional()
      .describe("The ten nodes that are worst off."),
  })
  .describe("What the operator saw.");
