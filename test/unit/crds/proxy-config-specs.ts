/** What is wrong with a spec, in the wording of the API server. */
export interface RefusedSpec {
  readonly name: string;
  readonly spec: object;
  /** `field: message` */
  readonly errors: readonly string[];
}

const percentage = "must be a positive number of nodes or a percentage from 1% to 100%";
const selectSomething = "a rule must select something: set names, namespaceSelector or serviceSelector";
const changeSomething = "a rule must change something: set scheduling, sessionAffinity or mode";
const labelKeys = "keys must be label keys such as pool or example.com/pool";
const labelValues =
  "label values must be at most 63 letters, digits, -, _ and ., and must begin and end with a letter or digit";
/** Specs of a ProxyConfig that every API server rejects, each for one reason, with the expected message. */
export const refusedSpecs: readonly RefusedSpec[] = [
  {
    name: "an unknown mode",
    spec: { mode: "nft" },
    errors: [
      'spec.mode: Unsupported value: "nft": supported values: "nftables", "iptables", "ipvs", "ebpf", "userspace"',
    ],
  },
  {
    name: "a clientIP timeout without ClientIP",
    spec: { sessionAffinity: { type: "None", clientIP: { timeoutSeconds: 5 } } },
    errors: ["spec.sessionAffinity.clientIP: Invalid value: clientIP may only be set when type is ClientIP"],
  },
  {
    name: "a rule that selects and changes nothing",
    spec: { services: [{ name: "a" }] },
    errors: [
      `spec.services[0]: Invalid value: ${selectSomething}`,
      `spec.services[0]: Invalid value: ${changeSomething}`,
    ],
  },
  {
    name: "two rules with the same name",
    spec: {
      services: [
        { name: "a", names: ["a/b"], mode: "ipvs" },
        { name: "a", names: ["a/c"], mode: "ipvs" },
      ],
    },
    errors: ['spec.services[1]: Duplicate value: {"name":"a"}'],
  },
  {
    name: "ClusterCIDR without cidrs",
    spec: { localTraffic: { detect: "ClusterCIDR" } },
    errors: [
      "spec.localTraffic.cidrs: Invalid value: cidrs must be set if detect is ClusterCIDR, and only then",
    ],
  },
  {
    name: "cidrs for another detector",
    spec: { localTraffic: { cidrs: ["10.0.0.0/8"] } },
    errors: [
      "spec.localTraffic.cidrs: Invalid value: cidrs must be set if detect is ClusterCIDR, and only then",
    ],
  },
  {
    name: "an invalid CIDR",
    spec: { localTraffic: { detect: "ClusterCIDR", cidrs: ["10.0.0.0/8", "10.0.0.0"] } },
    errors: [
      'spec.localTraffic.cidrs[1]: Invalid value: "10.0.0.0": must be an IPv4 or IPv6 CIDR such as 10.244.0.0/16',
    ],
  },
  {
    name: "an interface detector without interface",
    spec: { localTraffic: { detect: "BridgeInterface" } },
    errors: [
      "spec.localTraffic.interface: Invalid value: " +
        "interface must be set if detect is BridgeInterface or InterfaceNamePrefix, and only then",
    ],
  },
  {
    name: "primary beside a CIDR",
    spec: { nodePorts: { addresses: ["primary", "10.0.0.0/8"] } },
    errors: ["spec.nodePorts.addresses: Invalid value: must be exactly [primary], or a list of CIDRs"],
  },
  {
    name: "NodePorts on an invalid CIDR",
    spec: { nodePorts: { addresses: ["10.0.0.0/8", "10.0.0.0/99"] } },
    errors: [
      'spec.nodePorts.addresses[1]: Invalid value: "10.0.0.0/99": ' +
        "must be the word primary, or an IPv4 or IPv6 CIDR such as 192.0.2.0/24",
    ],
  },
  {
    name: "a label that no Node can have",
    spec: { nodeSelector: { matchLabels: { "bad key!": "y z" } } },
    errors: [
      `spec.nodeSelector.matchLabels: Invalid value: ${labelKeys}`,
      `spec.nodeSelector.matchLabels: Invalid value: ${labelValues}`,
    ],
  },
  {
    name: "a label whose prefix is not a domain",
    spec: {
      services: [{ name: "a", namespaceSelector: { matchLabels: { "Example.com/a": "" } }, mode: "ipvs" }],
    },
    errors: [`spec.services[0].namespaceSelector.matchLabels: Invalid value: ${labelKeys}`],
  },
  {
    name: "an expression with a key that no Service can have as a label",
    spec: {
      services: [
        {
          name: "a",
          serviceSelector: { matchExpressions: [{ key: "-a", operator: "Exists" }] },
          mode: "ipvs",
        },
      ],
    },
    errors: [
      'spec.services[0].serviceSelector.matchExpressions[0].key: Invalid value: "-a": ' +
        "must be a label key such as pool or example.com/pool",
    ],
  },
  {
    name: "an expression with a value that no label can have",
    spec: { nodeSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b", "-c"] }] } },
    errors: [
      'spec.nodeSelector.matchExpressions[0].values[1]: Invalid value: "-c": ' +
        "spec.nodeSelector.matchExpressions[0].values[1] in body should match " +
        "'^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$'",
    ],
  },
  {
    name: "a label key with a name that is too long",
    spec: { nodeSelector: { matchExpressions: [{ key: `a/${"b".repeat(64)}`, operator: "Exists" }] } },
    errors: [
      `spec.nodeSelector.matchExpressions[0].key: Invalid value: "a/${"b".repeat(64)}": ` +
        "must be a label key such as pool or example.com/pool",
    ],
  },
  {
    name: "the mode as its own fallback",
    spec: { mode: "ipvs", fallbackModes: ["nftables", "ipvs"] },
    errors: [
      "spec.fallbackModes: Invalid value: fallbackModes must not contain mode, which is always tried first",
    ],
  },
  {
    name: "the name of a Service without its namespace",
    spec: { services: [{ name: "a", names: ["web"], mode: "ipvs" }] },
    errors: ['spec.services[0].names[0]: Invalid value: "web": must be namespace/name, such as shop/web'],
  },
  {
    name: "maxUnavailable of zero",
    spec: { rollout: { maxUnavailable: 0 } },
    errors: [`spec.rollout.maxUnavailable: Invalid value: 0: ${percentage}`],
  },
  {
    name: "maxUnavailable above 100%",
    spec: { rollout: { maxUnavailable: "101%" } },
    errors: [`spec.rollout.maxUnavailable: Invalid value: "101%": ${percentage}`],
  },
  {
    name: "negative canary nodes",
    spec: { rollout: { canary: { nodes: -1 } } },
    errors: [
      "spec.rollout.canary.nodes: Invalid value: -1: " +
        "must be a number of nodes that is not negative, or a percentage from 0% to 100%",
    ],
  },
  {
    name: "In without values",
    spec: { nodeSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
    errors: [
      "spec.nodeSelector.matchExpressions[0].values: Invalid value: " +
        "values must be set for In and NotIn, and must be empty for Exists and DoesNotExist",
    ],
  },
  {
    name: "a rule with empty scheduling",
    spec: { services: [{ name: "a", serviceSelector: {}, scheduling: {} }] },
    errors: [
      "spec.services[0].scheduling: Invalid value: scheduling of a rule must set algorithm or slowStartSeconds",
    ],
  },
  {
    name: "a slow start of more than an hour",
    spec: { scheduling: { slowStartSeconds: 3_601 } },
    errors: [
      "spec.scheduling.slowStartSeconds: Invalid value: 3601: " +
        "spec.scheduling.slowStartSeconds in body should be less than or equal to 3600",
    ],
  },
  {
    name: "a timeout out of range",
    spec: { sessionAffinity: { type: "ClientIP", clientIP: { timeoutSeconds: 86_401 } } },
    errors: [
      "spec.sessionAffinity.clientIP.timeoutSeconds: Invalid value: 86401: " +
        "spec.sessionAffinity.clientIP.timeoutSeconds in body should be less than or equal to 86400",
    ],
  },
];

/** Valid specs that are close to rejected ones. */
export const acceptedSpecs: readonly { readonly name: string; readonly spec: object }[] = [
  { name: "nothing but defaults", spec: {} },
  {
    name: "ClientIP with its timeout",
    spec: { sessionAffinity: { type: "ClientIP", clientIP: { timeoutSeconds: 86_400 } } },
  },
  { name: "ClientIP without a timeout", spec: { sessionAffinity: { type: "ClientIP" } } },
  { name: "a rule for names", spec: { services: [{ name: "a", names: ["ns/svc"], mode: "ipvs" }] } },
  {
    name: "a rule for labels",
    spec: { services: [{ name: "a", serviceSelector: {}, scheduling: { algorithm: "Maglev" } }] },
  },
  {
    name: "a rule that changes only the slow start",
    spec: { services: [{ name: "a", serviceSelector: {}, scheduling: { slowStartSeconds: 30 } }] },
  },
  { name: "the longest slow start", spec: { scheduling: { slowStartSeconds: 3_600 } } },
  {
    name: "a rule for namespaces",
    spec: { services: [{ name: "a", namespaceSelector: {}, sessionAffinity: { type: "None" } }] },
  },
  {
    name: "ClusterCIDR with cidrs of both families",
    spec: { localTraffic: { detect: "ClusterCIDR", cidrs: ["10.0.0.0/8", "fd00::/48"] } },
  },
  { name: "a bridge", spec: { localTraffic: { detect: "BridgeInterface", interface: "cni0" } } },
  { name: "NodePorts on CIDRs", spec: { nodePorts: { addresses: ["10.0.0.0/8", "fd00::/64"] } } },
  {
    name: "labels of every form",
    spec: {
      nodeSelector: {
        matchLabels: {
          pool: "",
          "topology.kubernetes.io/zone": "eu-1_a.B",
          [`${"d".repeat(63)}.example.com/${"N".repeat(63)}`]: "v".repeat(63),
        },
        matchExpressions: [{ key: "example.com/A_b.c-1", operator: "NotIn", values: ["", "x", "1.2_3-4"] }],
      },
    },
  },
  { name: "another mode as fallback", spec: { mode: "ipvs", fallbackModes: ["nftables", "iptables"] } },
  { name: "maxUnavailable as a number", spec: { rollout: { maxUnavailable: 1 } } },
  { name: "maxUnavailable of all nodes", spec: { rollout: { maxUnavailable: "100%" } } },
  { name: "no canary", spec: { rollout: { canary: { nodes: 0 } } } },
  {
    name: "In with values",
    spec: { nodeSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] } },
  },
  {
    name: "Exists without values",
    spec: { nodeSelector: { matchExpressions: [{ key: "a", operator: "Exists" }] } },
  },
];
