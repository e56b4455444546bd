import * as fc from "fast-check";

const mode = fc.constantFrom("nftables", "iptables", "ipvs", "ebpf", "userspace");
const algorithm = fc.constantFrom("Random", "RoundRobin", "LeastConnection", "SourceHash", "Maglev");
const timeoutSeconds = fc.integer({ min: 1, max: 86_400 });
const selector = fc.record({ matchLabels: fc.dictionary(fc.constantFrom("a", "b.c/d"), fc.constant("v")) });

const affinity = fc.oneof(
  fc.record({ type: fc.constantFrom("Service", "None") }),
  fc.record(
    { type: fc.constant("ClientIP"), clientIP: fc.record({ timeoutSeconds }) },
    { requiredKeys: ["type"] },
  ),
);

const localTraffic = fc.oneof(
  fc.constant({}),
  fc.record({ detect: fc.constant("ClusterCIDR"), cidrs: fc.constant(["10.0.0.0/8", "fd00::/8"]) }),
  fc.record({ detect: fc.constant("BridgeInterface"), interface: fc.constant("cni0") }),
);

const rule = fc
  .record(
    { namespaceSelector: selector, serviceSelector: selector, sessionAffinity: affinity },
    { requiredKeys: [] },
  )
  .map((optional) => ({ ...optional, names: ["shop/web"], scheduling: { algorithm: "Maglev" } }));

/** Specs of ProxyConfigs that the API server accepts; what is absent gets its default. */
export const arbitrarySpec: fc.Arbitrary<object> = fc
  .record(
    {
      nodeSelector: selector,
      priority: fc.integer({ min: -5, max: 5 }),
      mode,
      fallbackModes: fc.uniqueArray(mode, { maxLength: 4 }),
      scheduling: fc.record({ algorithm, slowStartSeconds: fc.nat({ max: 3_600 }) }, { requiredKeys: [] }),
      sessionAffinity: affinity,
      services: fc.array(rule, { maxLength: 3 }),
      localTraffic,
      masqueradeAll: fc.boolean(),
      nodePorts: fc.record(
        { addresses: fc.constantFrom(["primary"], ["192.0.2.0/24"]), localhost: fc.boolean() },
        { requiredKeys: [] },
      ),
      conntrack: fc.record({ min: fc.nat({ max: 1_000 }), tcpBeLiberal: fc.boolean() }, { requiredKeys: [] }),
      sync: fc.record({ minPeriodMilliseconds: fc.nat({ max: 60_000 }) }, { requiredKeys: [] }),
      drift: fc.record({ policy: fc.constantFrom("Repair", "Report") }, { requiredKeys: [] }),
      rollout: fc.record(
        { paused: fc.boolean(), maxUnavailable: fc.constantFrom(1, "5%") },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map(({ services = [], fallbackModes = [], ...spec }) => ({
    ...spec,
    services: services.map((fields, index) => ({ ...fields, name: `rule-${index}` })),
    fallbackModes: fallbackModes.filter((fallback) => fallback !== (spec.mode ?? "nftables")),
  }));

const address = fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1", "node.example", "");

/** v1 Nodes as the API server sends them, complete and odd ones. */
export const arbitraryNode = fc.record({
  metadata: fc.record({
    name: fc.constant("node-1"),
    uid: fc.constant("uid-1"),
    labels: fc.dictionary(
      fc.constantFrom("topology.kubernetes.io/zone", "pool"),
      fc.constantFrom("", "z1", "z2"),
    ),
  }),
  spec: fc.record(
    {
      podCIDR: fc.constantFrom("", "10.0.0.0/24"),
      podCIDRs: fc.array(fc.constantFrom("10.0.0.0/24", "fd00::/64"), { maxLength: 10 }),
    },
    { requiredKeys: [] },
  ),
  status: fc.record(
    {
      addresses: fc.array(
        fc.record({ type: fc.constantFrom("InternalIP", "ExternalIP", "Hostname"), address }),
      ),
    },
    { requiredKeys: [] },
  ),
});

/** The same value with the fields of every object in another order; lists keep theirs. */
export function reverseFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseFields);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reverseFields(member)]),
  );
}
