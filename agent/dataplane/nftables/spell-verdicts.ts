import type {
  DesiredNodeFamily,
  Frontend,
  ServicePortName,
  Verdict,
  Verdicts,
} from "../../services/desired-state.ts";
import { scopes, type Scope } from "./names.ts";
import { NftVerdictError } from "./verdict-error.ts";

/** What the base rules of a table do for all Services. */
export type TableRules = Pick<DesiredNodeFamily, "localDetector" | "clusterIPMasquerade">;

/** Those of a table that does not exist. */
export const noRules: TableRules = {
  localDetector: { kind: "none" },
  clusterIPMasquerade: { pod: false, node: false, outside: false },
};

/** The verdicts of a frontend in the form that the rules have for them. */
export interface SpelledVerdicts {
  readonly routing: Routing;
  /** The endpoint sets that the verdicts name, in the order of {@link scopes}. */
  readonly scopes: readonly Scope[];
  /** Whom the frontend's own elements masquerade. For ClusterIPs and hairpin connections the base rules do it. */
  readonly masquerade: "all" | "host" | "none";
}

export type Routing =
  | { readonly kind: "alike"; readonly verdict: Verdict }
  /** `inside` is for the node, and for its pods where the rules recognise them; `outside` for all other clients. */
  | { readonly kind: "byOrigin"; readonly inside: Verdict; readonly outside: Verdict };

/** @throws {NftVerdictError} when the rules cannot tell the clients apart as the verdicts do */
export function spellVerdicts(
  servicePort: ServicePortName,
  { kind, address, verdicts }: Frontend,
  rules: TableRules,
): SpelledVerdicts {
  const error = (what: string) => new NftVerdictError(`${servicePort} at ${address}: ${what}`, verdicts);
  const routing = routingOf(verdicts, rules);
  if (routing === undefined)
    throw error(
      "pods must go where the node goes or, where they are not recognised, where outside clients go",
    );
  const masquerade = kind === "clusterIP" ? baseMasquerade(verdicts, rules) : ownMasquerade(verdicts);
  if (masquerade === undefined)
    throw error(
      "masquerading must be that of all ClusterIPs or, elsewhere, for all, for the node or for none",
    );
  return { routing, scopes: scopesOf(verdicts), masquerade };
}

/** Undefined when pods would need a lookup of their own. */
function routingOf({ pod, node, outside }: Verdicts, { localDetector }: TableRules): Routing | undefined {
  if (!isSameWay(pod, localDetector.kind === "none" ? outside : node)) return undefined;
  return isSameWay(node, outside)
    ? { kind: "alike", verdict: node }
    : { kind: "byOrigin", inside: node, outside };
}

/** Masquerading aside, which comes after translation. */
function isSameWay(left: Verdict, right: Verdict): boolean {
  return left.kind === right.kind && left.endpoints === right.endpoints;
}

const onlyCluster: readonly Scope[] = ["cluster"];
const onlyLocal: readonly Scope[] = ["local"];

function scopesOf({ pod, node, outside }: Verdicts): readonly Scope[] {
  const { endpoints } = pod;
  if (node.endpoints !== endpoints || outside.endpoints !== endpoints) return scopes;
  return endpoints === "cluster" ? onlyCluster : onlyLocal;
}

/** Undefined when the base rules do not do the same. */
function baseMasquerade(
  { pod, node, outside }: Verdicts,
  { clusterIPMasquerade: base }: TableRules,
): "none" | undefined {
  const agrees = fits(pod, base.pod) && fits(node, base.node) && fits(outside, base.outside);
  return agrees ? "none" : undefined;
}

/** Undefined when no chain does it. */
function ownMasquerade(verdicts: Verdicts): SpelledVerdicts["masquerade"] | undefined {
  const { pod, node, outside } = verdicts;
  if (fits(pod, false) && fits(outside, false)) return fits(node, false) ? "none" : "host";
  return fits(pod, true) && fits(node, true) && fits(outside, true) ? "all" : undefined;
}

/** Whether a rule that masquerades the client, or does not, does what the verdict says. Others get no translation. */
function fits(verdict: Verdict, masquerades: boolean): boolean {
  return verdict.kind !== "loadBalance" || verdict.masquerade === masquerades;
}
