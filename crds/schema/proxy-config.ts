import { z } from "zod";
import { nodePorts } from "./node-ports.ts";
import { rollout } from "./rollout.ts";
import { serviceRule, sessionAffinity } from "./service-rules.ts";
import { labelSelector, proxyMode, schedulingAlgorithm, slowStartSeconds } from "./service-traffic.ts";

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

const localTraffic = z
  .object({
    detect: z
      .enum(["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"])
      .default("NodeCIDR")
      .describe(
        "How a node distinguishes traffic of its own pods from other traffic. NodeCIDR: by the node's spec.podCIDRs. ClusterCIDR: " +
          "by cidrs. BridgeInterface and InterfaceNamePrefix: by the interface on which a packet arrives.",
      ),
    cidrs: z.array(cidr).max(16).optional().describe("Pod CIDRs of the cluster, for detect ClusterCIDR."),
    interface: z
      .string()
      .min(1)
      .max(15)
      .regex(/^[A-Za-z0-9_.-]+$/)
      .optional()
      .describe("Bridge name for BridgeInterface, prefix of interface names for InterfaceNamePrefix."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "self.detect == 'ClusterCIDR' ? has(self.cidrs) && self.cidrs.size() > 0 : !has(self.cidrs)",
        message: "cidrs must be set if detect is ClusterCIDR, and only then",
        fieldPath: ".cidrs",
      },
      {
        rule: "self.detect in ['BridgeInterface', 'InterfaceNamePrefix'] ? has(self.interface) : !has(self.interface)",
        message: "interface must be set if detect is BridgeInterface or InterfaceNamePrefix, and only then",
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
    .describe("nf_conntrack_max per CPU core. 0 keeps the kernel's value."),
  min: z.int().min(0).max(16_777_216).default(131_072).describe("Lower bound of nf_conntrack_max."),
  tcpEstablishedTimeoutSeconds: seconds
    .default(86_400)
    .describe("Idle timeout of established TCP connections. 0 keeps the kernel's value."),
  tcpCloseWaitTimeoutSeconds: seconds
    .default(3_600)
    .describe("Timeout of TCP connections in state CLOSE_WAIT. 0 keeps the kernel's value."),
  tcpBeLiberal: z
    .boolean()
    .default(false)
    .describe("Accept TCP packets outside the window. false keeps the kernel's value."),
  udpTimeoutSeconds: seconds
    .default(0)
    .describe("Idle timeout of UDP flows without a reply. 0 keeps the kernel's value."),
  udpStreamTimeoutSeconds: seconds
    .default(0)
    .describe("Idle timeout of UDP streams. 0 keeps the kernel's value."),
});

const sync = z.object({
  minPeriodMilliseconds: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe("Minimum time from the end of one sync to the start of the next. 0 syncs on every change."),
  fullResyncPeriodSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(3_600)
    .describe("Maximum time between two full syncs."),
});

const drift = z.object({
  policy: z
    .enum(["Repair", "Report"])
    .default("Repair")
    .describe("What the agent does after an external change of kubesteer's kernel state."),
});

/** Settings that reach the agent of a node: the spec of a ProxyConfig without the fields that only the operator reads. */
export const nodeSettings = {
  mode: proxyMode
    .default("nftables")
    .describe(
      "How Services are programmed into the kernel. Not implemented yet: every mode but nftables. A node that supports neither " +
        "mode nor any of fallbackModes reports it and keeps its current settings.",
    ),
  fallbackModes: z
    .array(proxyMode)
    .max(4)
    .default([])
    .meta({ "x-kubernetes-list-type": "set" })
    .describe(
      "Modes that a node tries in this order if it does not support mode. Its NodeProxy reports the reason.",
    ),
  scheduling: z
    .object({
      algorithm: schedulingAlgorithm.default("Random"),
      slowStartSeconds: slowStartSeconds.default(0),
    })
    .prefault({})
    .describe("How endpoints are chosen, for every Service without a matching rule."),
  sessionAffinity: sessionAffinity
    .prefault({})
    .describe("Session affinity of every Service without a matching rule."),
  services: z
    .array(serviceRule)
    .max(64)
    .default([])
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .describe("Rules for individual Services. For each field, the first matching rule that sets it applies."),
  localTraffic: localTraffic
    .prefault({})
    .describe("How to detect traffic that comes from pods of the node and keeps its source address."),
  masqueradeAll: z.boolean().default(false).describe("Masquerade all traffic to ClusterIPs, also from pods."),
  nodePorts: nodePorts.prefault({}).describe("Where NodePorts are served."),
  conntrack: conntrack.prefault({}).describe("Connection tracking limits and timeouts of the node."),
  sync: sync.prefault({}).describe("How often the kernel is programmed."),
  drift: drift.prefault({}).describe("Handling of external changes of kubesteer's kernel state."),
};

export const proxyConfigSpec = z
  .object({
    nodeSelector: labelSelector
      .prefault({})
      .describe("Selects nodes by their labels. An empty selector matches every node."),
    priority: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .default(0)
      .describe("If several ProxyConfigs select a node, the highest priority applies, then the oldest."),
    ...nodeSettings,
    rollout: rollout.prefault({}).describe("How changes are rolled out to the nodes."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "!(self.mode in self.fallbackModes)",
        message: "fallbackModes must not contain mode, which is always tried first",
        fieldPath: ".fallbackModes",
      },
    ],
  })
  .describe("How Services are proxied on the selected nodes.");
