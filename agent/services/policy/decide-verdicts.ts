import type { NodeProxyConfig } from "../../../crds/api.ts";
import type {
  ClientKind,
  DesiredNodeFamily,
  EndpointSet,
  Frontend,
  LocalDetector,
  UnmatchedPolicy,
  Verdict,
  Verdicts,
} from "../desired-state.ts";

/** What the node's settings say about clients, in one IP family. */
export type ClientPolicy = Pick<DesiredNodeFamily, "localDetector" | "clusterIPMasquerade">;

/** The traffic policies of one Service. */
export interface TrafficPolicies {
  readonly internalPolicyLocal: boolean;
  readonly externalPolicyLocal: boolean;
}

/** Which endpoints one service port has. Only the sets that its verdicts name count. */
export interface EndpointAvailability {
  readonly clusterEndpoints: { readonly length: number };
  readonly localEndpoints: { readonly length: number };
  /** Whether any endpoint on any node could serve. */
  readonly hasUsableEndpoints: boolean;
}

/** The verdicts of a frontend while every set has endpoints: the upper rows of the decision table in docs/semantics.md. */
export function wantedVerdicts(
  kind: Frontend["kind"],
  policies: TrafficPolicies,
  clients: ClientPolicy,
): Verdicts {
  return kind === "clusterIP"
    ? clusterIPVerdicts(policies, clients)
    : externalVerdicts(policies, clients.localDetector);
}

/** The verdicts with the endpoints that there are: the lower rows of the decision table. */
export function decideVerdicts(
  { pod, node, outside }: Verdicts,
  availability: EndpointAvailability,
): Verdicts {
  return verdicts(decide(pod, availability), decide(node, availability), decide(outside, availability));
}

/** The sets that some of the verdicts name. */
export function namedSets(frontends: readonly Verdicts[]): ReadonlySet<EndpointSet> {
  return new Set(
    frontends.flatMap(({ pod, node, outside }) => [pod.endpoints, node.endpoints, outside.endpoints]),
  );
}

/**
 * Whose connections to ClusterIPs are masqueraded: those of all clients but pods, whose replies come back through this node
 * anyway. Where no pod is recognised, pods cannot be left out, so no connection is, as in kube-proxy.
 */
export function clusterIPMasquerade(
  { masqueradeAll }: Pick<NodeProxyConfig, "masqueradeAll">,
  localDetector: LocalDetector,
): Readonly<Record<ClientKind, boolean>> {
  const others = masqueradeAll || localDetector.kind !== "none";
  return { pod: masqueradeAll, node: others, outside: others };
}

/** As kube-proxy's nftables mode. */
export const unmatchedPolicy: UnmatchedPolicy = {
  undefinedPort: "refuse",
  unallocatedAddress: "drop",
  passToOwnAddress: { pod: true, node: false, outside: true },
};

/** internalTrafficPolicy concerns ClusterIPs only. */
function clusterIPVerdicts(
  { internalPolicyLocal }: TrafficPolicies,
  { clusterIPMasquerade: masquerade }: ClientPolicy,
): Verdicts {
  const endpoints = internalPolicyLocal ? "local" : "cluster";
  return verdicts(
    loadBalance(endpoints, masquerade.pod),
    loadBalance(endpoints, masquerade.node),
    loadBalance(endpoints, masquerade.outside),
  );
}

/**
 * externalTrafficPolicy concerns all other addresses. Policy Local is for clients from outside, whose address it preserves;
 * pods and the node itself are inside already, so they may use all endpoints.
 */
function externalVerdicts({ externalPolicyLocal }: TrafficPolicies, localDetector: LocalDetector): Verdicts {
  const anywhere = loadBalance("cluster", true);
  if (!externalPolicyLocal) return verdicts(anywhere, anywhere, anywhere);
  const here = loadBalance("local", false);
  const pod = localDetector.kind === "none" ? here : loadBalance("cluster", false);
  return verdicts(pod, anywhere, here);
}

function decide(verdict: Verdict, availability: EndpointAvailability): Verdict {
  const { clusterEndpoints, localEndpoints, hasUsableEndpoints } = availability;
  const { endpoints } = verdict;
  const count = endpoints === "cluster" ? clusterEndpoints.length : localEndpoints.length;
  if (count > 0) return verdict;
  return (hasUsableEndpoints ? drop : refuse)[endpoints];
}

const drop: Readonly<Record<EndpointSet, Verdict>> = {
  cluster: { kind: "drop", endpoints: "cluster" },
  local: { kind: "drop", endpoints: "local" },
};

const refuse: Readonly<Record<EndpointSet, Verdict>> = {
  cluster: { kind: "refuse", endpoints: "cluster" },
  local: { kind: "refuse", endpoints: "local" },
};

const masqueraded: Readonly<Record<EndpointSet, Verdict>> = {
  cluster: { kind: "loadBalance", endpoints: "cluster", masquerade: true },
  local: { kind: "loadBalance", endpoints: "local", masquerade: true },
};

const unchanged: Readonly<Record<EndpointSet, Verdict>> = {
  cluster: { kind: "loadBalance", endpoints: "cluster", masquerade: false },
  local: { kind: "loadBalance", endpoints: "local", masquerade: false },
};

function loadBalance(endpoints: EndpointSet, masquerade: boolean): Verdict {
  return (masquerade ? masqueraded : unchanged)[endpoints];
}

/** There are few combinations and many frontends, which share them. Keyed by the verdicts for pod, node and outside. */
const knownCombinations = new Map<Verdict, Map<Verdict, Map<Verdict, Verdicts>>>();

function verdicts(pod: Verdict, node: Verdict, outside: Verdict): Verdicts {
  const byNode = entryOf(knownCombinations, pod, () => new Map<Verdict, Map<Verdict, Verdicts>>());
  const byOutside = entryOf(byNode, node, () => new Map<Verdict, Verdicts>());
  return entryOf(byOutside, outside, () => ({ pod, node, outside }));
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
