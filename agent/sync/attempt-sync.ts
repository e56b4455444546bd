import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { SyncReport, SyncScope } from "../dataplane/dataplane.ts";
import type { DesiredState } from "../services/desired-state.ts";
import type { ModeSwitch } from "./mode-switch.ts";
import type { SyncFailure } from "./sync-outcome.ts";

export type SyncAttempt =
  | {
      readonly kind: "success";
      readonly scope: SyncScope["kind"];
      readonly mode: ProxyMode;
      readonly fallbackReason: string | undefined;
      readonly report: Omit<SyncReport, "scope">;
    }
  | ({ readonly kind: "failure"; readonly scope: SyncScope["kind"] } & Pick<
      SyncFailure,
      "reason" | "mode" | "message"
    >);

/**
 * Chooses the mode and programs the kernel once. A mode that was not `runningMode` gets a full sync, and the rules of
 * the other modes go only after it was successful, so that there is no moment without rules. Never rejects.
 */
export async function attemptSync(request: {
  readonly modes: ModeSwitch;
  readonly config: Pick<NodeProxyConfig, "mode" | "fallbackModes">;
  readonly runningMode: ProxyMode | undefined;
  readonly desired: DesiredState;
  readonly scope: SyncScope;
}): Promise<SyncAttempt> {
  const { modes, config, runningMode, desired } = request;
  let mode: ProxyMode | undefined;
  let scope = request.scope;
  try {
    const choice = await modes.choose(config);
    if (choice.kind === "unusable") {
      return { kind: "failure", reason: "ModeUnsupported", scope: scope.kind, mode, message: choice.reason };
    }
    mode = choice.mode;
    if (mode !== runningMode) scope = { kind: "full" };
    const { scope: done, ...report } = await choice.dataplane.sync(desired, scope);
    await modes.retireOthers(mode);
    return { kind: "success", scope: done, mode, fallbackReason: choice.fallbackReason, report };
  } catch (error) {
    return { kind: "failure", reason: "SyncFailed", scope: scope.kind, mode, message: describe(error) };
  }
}

/** The message, and the error's own advice where it has one. */
function describe(error: unknown): string {
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : "";
  return [errorMessage(error), hint].filter((part) => part !== "").join(". ");
}
