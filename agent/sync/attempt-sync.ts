import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";
import type { SyncScope } from "../dataplane/mode-report.ts";
import type { DesiredState } from "../services/desired-state.ts";
import { describeFailure } from "./describe-failure.ts";
import type { ModeSwitch } from "./mode-switch.ts";
import type { RoutedSync } from "./routed-sync.ts";
import type { ModeRouter } from "./router.ts";
import type { SyncFailure } from "./sync-outcome.ts";

export type SyncAttempt =
  | ({
      readonly kind: "success";
      readonly mode: ProxyMode;
      readonly fallbackReason: string | undefined;
    } & RoutedSync)
  | ({ readonly kind: "failure"; readonly scope: SyncScope["kind"] } & Pick<
      SyncFailure,
      "reason" | "mode" | "message"
    >);

export interface SyncRequest {
  readonly modes: ModeSwitch;
  readonly router: ModeRouter;
  readonly config: Pick<NodeProxyConfig, "mode" | "fallbackModes">;
  readonly desired: DesiredState;
  readonly scope: SyncScope;
}

/** Chooses the main mode and programs the kernel once. Never rejects. */
export async function attemptSync(request: SyncRequest): Promise<SyncAttempt> {
  const { modes, router, config, desired, scope } = request;
  let mode: ProxyMode | undefined;
  try {
    const choice = await modes.choose(config);
    if (choice.kind === "unusable") {
      return { kind: "failure", reason: "ModeUnsupported", scope: scope.kind, mode, message: choice.reason };
    }
    mode = choice.mode;
    // A mode that a rule asks for may have become usable.
    if (scope.kind === "full" && router.hasUnmet) await modes.lookAgain();
    const done = await router.sync({ main: mode, missing: modes.missing(), desired, scope });
    return { kind: "success", mode, fallbackReason: choice.fallbackReason, ...done };
  } catch (error) {
    return {
      kind: "failure",
      reason: "SyncFailed",
      scope: scope.kind,
      mode,
      message: describeFailure(error),
    };
  }
}
