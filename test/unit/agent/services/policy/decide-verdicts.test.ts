import assert from "node:assert/strict";
import {
  type ClientPolicy,
  clusterIPMasquerade,
  decideVerdicts,
  namedSets,
  wantedVerdicts,
} from "../../../../../agent/services/policy/decide-verdicts.ts";
import type { Frontend, LocalDetector, Verdict } from "../../../../../agent/services/desired-state.ts";
import { parseCidr } from "../../../../../platform/ip/cidr.ts";

/** Endpoints of the cluster set, endpoints of the local set, and whether any on any node is usable. */
type Endpoints = readonly [cluster: number, local: number, usable: boolean];

const everywhere: Endpoints = [2, 1, true];
const elsewhere: Endpoints = [1, 0, true];
const here: Endpoints = [0, 1, true];
const nowhere: Endpoints = [0, 0, false];

/** For a pod of the node, the node itself and a client from outside. "masked" is masqueraded. */
type Outcomes = readonly [pod: string, node: string, outside: string];

interface Row {
  readonly to: "clusterIP" | "external";
  readonly policy: "Cluster" | "Local";
  readonly endpoints: Endpoints;
  readonly outcomes: Outcomes;
}

const dropped: Outcomes = ["drop", "drop", "drop"];
const refused: Outcomes = ["refuse", "refuse", "refuse"];
const anywhere: Outcomes = ["cluster masked", "cluster masked", "cluster masked"];

/** What to an external destination holds whatever `masqueradeAll` is. */
const externalRows: readonly Row[] = [
  { to: "external", policy: "Cluster", endpoints: everywhere, outcomes: anywhere },
  { to: "external", policy: "Cluster", endpoints: elsewhere, outcomes: anywhere },
  { to: "external", policy: "Cluster", endpoints: nowhere, outcomes: refused },
  {
    to: "external",
    policy: "Local",
    endpoints: everywhere,
    outcomes: ["cluster", "cluster masked", "local"],
  },
  { to: "external", policy: "Local", endpoints: elsewhere, outcomes: ["cluster", "cluster masked", "drop"] },
  { to: "external", policy: "Local", endpoints: here, outcomes: ["drop", "drop", "local"] },
  { to: "external", policy: "Local", endpoints: nowhere, outcomes: refused },
];

/** Rows to a ClusterIP for clients that see these endpoints. */
function clusterIPRows(masked: readonly [pod: boolean, node: boolean, outside: boolean]): readonly Row[] {
  const balanced = (set: string): Outcomes => {
    const [pod, node, outside] = masked.map((isMasked) => (isMasked ? `${set} masked` : set));
    return [pod ?? "", node ?? "", outside ?? ""];
  };
  return [
    { to: "clusterIP", policy: "Cluster", endpoints: everywhere, outcomes: balanced("cluster") },
    { to: "clusterIP", policy: "Cluster", endpoints: elsewhere, outcomes: balanced("cluster") },
    { to: "clusterIP", policy: "Cluster", endpoints: nowhere, outcomes: refused },
    { to: "clusterIP", policy: "Local", endpoints: everywhere, outcomes: balanced("local") },
    { to: "clusterIP", policy: "Local", endpoints: elsewhere, outcomes: dropped },
    { to: "clusterIP", policy: "Local", endpoints: nowhere, outcomes: refused },
  ];
}

/** Where pods are not recognised they count as outside. */
const podsAreOutside = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => {
    const [, node, outside] = row.outcomes;
    return { ...row, outcomes: [outside, node, outside] };
  });

const recognised = [...clusterIPRows([false, true, true]), ...externalRows];
const recognisedMasqueradeAll = [...clusterIPRows([true, true, true]), ...externalRows];
const unrecognised = [...clusterIPRows([false, false, false]), ...podsAreOutside(externalRows)];
const unrecognisedMasqueradeAll = [...clusterIPRows([true, true, true]), ...podsAreOutside(externalRows)];

interface Settings {
  readonly localDetector: LocalDetector;
  readonly byDefault: readonly Row[];
  readonly masqueradeAll: readonly Row[];
}

const settings: readonly Settings[] = [
  ...[
    { kind: "sourceCIDR", cidrs: [parseCidr("10.244.1.0/24")] } as const,
    { kind: "interface", name: "cni0" } as const,
    { kind: "interfacePrefix", prefix: "veth" } as const,
  ].map((localDetector) => ({
    localDetector,
    byDefault: recognised,
    masqueradeAll: recognisedMasqueradeAll,
  })),
  { localDetector: { kind: "none" }, byDefault: unrecognised, masqueradeAll: unrecognisedMasqueradeAll },
];

function clientsOf(localDetector: LocalDetector, masqueradeAll = false): ClientPolicy {
  return { localDetector, clusterIPMasquerade: clusterIPMasquerade({ masqueradeAll }, localDetector) };
}

const bridged = clientsOf({ kind: "interface", name: "cni0" });

const externalKinds: readonly Frontend["kind"][] = ["externalIP", "loadBalancerIP", "nodePort"];

/** The other policy is the opposite, as it must not matter. */
function decide(kind: Frontend["kind"], { policy, endpoints }: Row, clients: ClientPolicy) {
  const isLocal = policy === "Local";
  const policies =
    kind === "clusterIP"
      ? { internalPolicyLocal: isLocal, externalPolicyLocal: !isLocal }
      : { internalPolicyLocal: !isLocal, externalPolicyLocal: isLocal };
  const [cluster, local, hasUsableEndpoints] = endpoints;
  return decideVerdicts(wantedVerdicts(kind, policies, clients), {
    clusterEndpoints: { length: cluster },
    localEndpoints: { length: local },
    hasUsableEndpoints,
  });
}

function wordsOf(verdict: Verdict): string {
  if (verdict.kind !== "loadBalance") return verdict.kind;
  return `${verdict.endpoints}${verdict.masquerade ? " masked" : ""}`;
}

function ruleOf({ to, policy, endpoints: [cluster, local, usable] }: Row): string {
  return `${to}, policy ${policy}, endpoints ${cluster}/${local}${usable ? "" : ", none usable"}`;
}

describe("decideVerdicts", () => {
  for (const { localDetector, ...rowsBySetting } of settings) {
    for (const [setting, rows] of Object.entries(rowsBySetting)) {
      const clients = clientsOf(localDetector, setting === "masqueradeAll");
      describe(`detector ${localDetector.kind}, ${setting}`, () => {
        for (const row of rows) {
          it(ruleOf(row), () => {
            for (const kind of row.to === "clusterIP" ? (["clusterIP"] as const) : externalKinds) {
              const { pod, node, outside } = decide(kind, row, clients);
              assert.deepEqual([pod, node, outside].map(wordsOf), row.outcomes, kind);
            }
          });
        }
      });
    }
  }

  it("a dropped or refused client still has the set that its policy gives to it", () => {
    for (const endpoints of [nowhere, elsewhere]) {
      const row: Row = { to: "external", policy: "Local", endpoints, outcomes: refused };
      const verdicts = decide("nodePort", row, bridged);
      assert.deepEqual(
        [verdicts.pod, verdicts.node, verdicts.outside].map((verdict) => verdict.endpoints),
        ["cluster", "cluster", "local"],
      );
      assert.deepEqual([...namedSets([verdicts])], ["cluster", "local"]);
    }
  });

  it("equal verdicts are one object, so that many Services cost no more memory", () => {
    for (const row of recognised) {
      const kind = row.to === "external" ? "nodePort" : "clusterIP";
      assert.equal(decide(kind, row, bridged), decide(kind, row, bridged));
    }
  });
});
