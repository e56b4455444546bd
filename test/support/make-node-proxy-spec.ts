import type { NodeProxyConfig, NodeProxySpec } from "../../crds/api.ts";

/** Settings of a node as the operator writes them, with the defaults of the schema where nothing is said. */
export function makeNodeProxySpec({
  revision = "r1",
  config = {},
  node = { podCIDRs: [], addresses: [] },
}: {
  readonly revision?: string;
  readonly config?: Partial<NodeProxyConfig>;
  readonly node?: NodeProxySpec["node"];
} = {}): NodeProxySpec {
  return { configName: "default", revision, config: { ...defaultConfig, ...config }, node };
}

const defaultConfig: NodeProxyConfig = {
  mode: "nftables",
  fallbackModes: [],
  scheduling: { algorithm: "Random" },
  sessionAffinity: { type: "Service" },
  services: [],
  localTraffic: { detect: "NodeCIDR" },
  masqueradeAll: false,
  nodePorts: { addresses: ["primary"], localhost: false },
  conntrack: {
    maxPerCore: 32_768,
    min: 131_072,
    tcpEstablishedTimeoutSeconds: 86_400,
    tcpCloseWaitTimeoutSeconds: 3_600,
    tcpBeLiberal: false,
    udpTimeoutSeconds: 0,
    udpStreamTimeoutSeconds: 0,
  },
  sync: { minPeriodMilliseconds: 0, fullResyncPeriodSeconds: 3_600 },
  drift: { policy: "Repair" },
};
