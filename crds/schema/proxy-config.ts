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
