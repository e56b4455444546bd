import { isDeepStrictEqual } from "node:util";
import type { NodeProxySpec } from "../../crds/api.ts";
import { assertNever } from "../../platform/assert-never.ts";
import type { Clause } from "../../platform/text/clause.ts";
import { selectsByNamespace } from "../services/policy/selects-by-namespace.ts";
import { allowSameModes } from "./allowed-modes.ts";

/**
 * The settings of this node on their way to the kernel. Settings climb one step after the other:
 *
 * 1. `newest`: they have arrived and can be used.
 * 2. `candidate`: they wait for nothing more ({@link waitReasons}). Services are compiled and synced under them: these are
 *    the current settings.
 * 3. `applied`: a sync under them was successful.
 * 4. `proven`: they work, and settings that come later must not make it worse. Today a successful sync is the proof.
 *
 * Checks of real traffic belong between 3 and 4. A candidate that fails them makes room for `proven` again: one more event
 * of {@link nextLadder}.
 */
export interface SettingsLadder {
  /** undefined before the first. */
  readonly newest: NodeProxySpec | undefined;
  /** Why the settings of the NodeProxy cannot become `newest`; undefined when they have, or when there are none. */
  readonly unusable: Clause | undefined;
  /** undefined before the first. */
  readonly candidate: NodeProxySpec | undefined;
  /** undefined before the first successful sync of this process. */
  readonly applied: NodeProxySpec | undefined;
  /** By this process or by an earlier one; undefined while none are known. */
  readonly proven: NodeProxySpec | undefined;
  /** Whether the labels of all Namespaces are known. */
  readonly namespacesListed: boolean;
  /** Whether the node can run a mode of `newest`. */
  readonly modeCheck: ModeCheck;
}

export type ModeCheck =
  | { readonly kind: "pending" }
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly problem: Clause };

export type SettingsEvent =
  /** An earlier process has proven and stored these. Only before any other event. */
  | { readonly kind: "restored"; readonly settings: NodeProxySpec }
  /** The NodeProxy, or the file, has these. */
  | { readonly kind: "received"; readonly settings: NodeProxySpec }
  /** The NodeProxy has settings that cannot be used. */
  | { readonly kind: "unusable"; readonly reason: Clause }
  /** There is no NodeProxy. */
  | { readonly kind: "absent" }
  | { readonly kind: "namespacesListed" }
  /** The node was checked for `settings`; `problem` says why it can run no mode of theirs. */
  | { readonly kind: "modeChecked"; readonly settings: NodeProxySpec; readonly problem: Clause | undefined }
  /** A sync under `settings` was successful. One that fails is repeated and changes nothing here. */
  | { readonly kind: "synced"; readonly settings: NodeProxySpec };

/** What the newest settings wait for: the labels of the Namespaces, or a mode that the node can run. */
export type WaitReason = "Namespaces" | "mode";

const pending: ModeCheck = { kind: "pending" };

/** The state when an agent starts. */
export const emptyLadder: SettingsLadder = {
  newest: undefined,
  unusable: undefined,
  candidate: undefined,
  applied: undefined,
  proven: undefined,
  namespacesListed: false,
  modeCheck: pending,
};

/** The ladder after an event. Settings are compared by identity; received ones that equal the newest are the newest. */
export function nextLadder(ladder: SettingsLadder, event: SettingsEvent): SettingsLadder {
  switch (event.kind) {
    case "restored":
      return advance({ ...ladder, newest: event.settings, proven: event.settings });
    case "received":
      return advance(receive(ladder, event.settings));
    case "unusable":
      return { ...ladder, unusable: event.reason };
    case "absent":
      return { ...ladder, unusable: undefined };
    case "namespacesListed":
      return advance({ ...ladder, namespacesListed: true });
    case "modeChecked":
      return advance(recordModeCheck(ladder, event));
    case "synced":
      return prove({ ...ladder, applied: event.settings });
    default:
      return assertNever(event);
  }
}

function receive(ladder: SettingsLadder, settings: NodeProxySpec): SettingsLadder {
  return isDeepStrictEqual(settings, ladder.newest)
    ? { ...ladder, unusable: undefined }
    : { ...ladder, unusable: undefined, newest: settings, modeCheck: pending };
}

function recordModeCheck(
  ladder: SettingsLadder,
  { settings, problem }: Pick<Extract<SettingsEvent, { kind: "modeChecked" }>, "settings" | "problem">,
): SettingsLadder {
  // Newer settings may have come while the node was checked.
  if (settings !== ladder.newest) return ladder;
  return { ...ladder, modeCheck: problem === undefined ? { kind: "passed" } : { kind: "failed", problem } };
}

/** Newest settings that wait for nothing become the candidate. */
function advance(ladder: SettingsLadder): SettingsLadder {
  const { newest, candidate } = ladder;
  if (newest === candidate || waitReasons(ladder).length > 0) return ladder;
  return { ...ladder, candidate: newest, modeCheck: pending };
}

function prove(ladder: SettingsLadder): SettingsLadder {
  return { ...ladder, proven: ladder.applied };
}

/**
 * Why the newest settings are not the candidate; empty when they are. The first ones never wait, since there is nothing to
 * keep until then. Modes are checked only if earlier settings were proven: otherwise nothing can get worse.
 */
export function waitReasons(ladder: SettingsLadder): readonly WaitReason[] {
  const { newest, candidate, proven, namespacesListed, modeCheck } = ladder;
  if (newest === undefined || candidate === undefined || newest === candidate) return [];
  const reasons: WaitReason[] = [];
  if (needsNamespaces(ladder) && !namespacesListed) reasons.push("Namespaces");
  const mayRunOtherMode = !allowSameModes(newest.config, candidate.config);
  if (proven !== undefined && mayRunOtherMode && modeCheck.kind !== "passed") reasons.push("mode");
  return reasons;
}

/** Whether the newest settings select Services by the labels of their Namespaces. */
export function needsNamespaces({ newest }: SettingsLadder): boolean {
  return newest !== undefined && selectsByNamespace(newest.config);
}

/** The newest settings while they wait for proof that the node can run one of their modes. */
export function settingsToCheck(ladder: SettingsLadder): NodeProxySpec | undefined {
  return waitReasons(ladder).includes("mode") ? ladder.newest : undefined;
}

/** Why the node can run no mode of the newest settings, while it keeps earlier ones. */
export function modeProblem({ modeCheck }: SettingsLadder): Clause | undefined {
  return modeCheck.kind === "failed" ? modeCheck.problem : undefined;
}
