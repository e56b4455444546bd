import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";
import { allowedModes } from "../settings/allowed-modes.ts";

export type ModeChoice =
  | {
      readonly kind: "usable";
      readonly mode: ProxyMode;
      /** Why it is not the mode that was asked for; undefined when it is. */
      readonly fallbackReason: string | undefined;
    }
  | {
      readonly kind: "unusable";
      /** What is missing for every allowed mode and how to get it. */
      readonly reason: string;
    };

/** What the node lacks for each mode; an empty list means usable. A mode without an entry counts as usable. */
export type MissingRequirements = ReadonlyMap<ProxyMode, readonly string[]>;

/** The first of `mode` and `fallbackModes` that lacks nothing. */
export function chooseMode(
  { mode, fallbackModes }: Pick<NodeProxyConfig, "mode" | "fallbackModes">,
  missing: MissingRequirements,
): ModeChoice {
  const allowed = allowedModes({ mode, fallbackModes });
  const usable = allowed.findIndex((candidate) => (missing.get(candidate) ?? []).length === 0);
  const chosen = allowed[usable];
  if (chosen === undefined) return { kind: "unusable", reason: describeMissing(allowed, missing) };
  return {
    kind: "usable",
    mode: chosen,
    fallbackReason: usable === 0 ? undefined : describeMissing(allowed.slice(0, usable), missing),
  };
}

/** Why a mode that this build does not have cannot run. */
export function onlyTheseModes(known: Iterable<ProxyMode>): string {
  return `this version of the agent has only ${[...known].join(", ")}`;
}

function describeMissing(modes: readonly ProxyMode[], missing: MissingRequirements): string {
  return modes.map((mode) => `mode ${mode} cannot run: ${(missing.get(mode) ?? []).join("; ")}`).join(". ");
}
