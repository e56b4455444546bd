import type { ProxyMode } from "../../crds/api.ts";
import type { UnsupportedFeature } from "../dataplane/find-unsupported.ts";
import type { ServiceName } from "../services/desired-state.ts";
import { type MissingRequirements, onlyTheseModes } from "./choose-mode.ts";

export interface MisplacedServices {
  /** Services with the mode that a rule asks for and the node cannot run. */
  readonly unmet: ReadonlyMap<ServiceName, ProxyMode>;
  /** Services that wait for a mode that fails. */
  readonly pending: readonly { readonly name: ServiceName; readonly mode: ProxyMode }[];
  readonly missing: MissingRequirements;
  /** The modes of this build. */
  readonly known: readonly ProxyMode[];
  /** Why a mode fails. */
  readonly messageOf: (mode: ProxyMode) => string | undefined;
  readonly servedBy: (service: ServiceName) => ProxyMode | undefined;
}

/** The Services whose mode differs from the one that a rule asks for, and why. */
export function findMisplaced(services: MisplacedServices): readonly UnsupportedFeature[] {
  const { unmet, pending, missing, known, messageOf, servedBy } = services;
  const tell = (service: ServiceName, mode: ProxyMode, cause: string): UnsupportedFeature => {
    const current = servedBy(service);
    const instead = current === undefined ? "not served" : `served in mode ${current}`;
    return { service, feature: `mode ${mode}`, reason: `mode ${mode} ${cause}; ${instead}` };
  };
  return [
    ...[...unmet].map(([name, mode]) => {
      const what = known.includes(mode) ? (missing.get(mode) ?? []) : [onlyTheseModes(known)];
      return tell(name, mode, `cannot run: ${what.join("; ")}`);
    }),
    ...pending.map(({ name, mode }) => tell(name, mode, `fails: ${messageOf(mode) ?? "no sync succeeded"}`)),
  ];
}
