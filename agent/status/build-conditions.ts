import type { Condition, NodeProxySpec } from "../../crds/api.ts";
import { conditionTypes, nodeReadyReasons } from "../../crds/condition-types.ts";
import { withCondition } from "../../platform/kube/conditions.ts";
import { formatTime } from "../../platform/kube/time.ts";
import { listSome } from "../../platform/text/list-some.ts";
import { driftReasons } from "../drift/judge-drift.ts";
import { describeMeanwhile } from "./stale-services.ts";
import type { SyncSuccess } from "../sync/sync-outcome.ts";
import type { AgentFacts } from "./agent-facts.ts";

type Verdict = Pick<Condition, "status" | "reason" | "message">;

type Trouble = Pick<Condition, "reason" | "message">;

const notWatched: Verdict = {
  status: "Unknown",
  reason: "NotWatched",
  message: "No running mode can tell external changes; full syncs repair them.",
};

/** Conditions Ready, Applied, Degraded and Drifted; a transition time is kept while the status stays the same. */
export function buildConditions(
  facts: AgentFacts,
  previous: readonly Condition[],
  nowIso: string,
): readonly Condition[] {
  const verdicts: readonly (Verdict & Pick<Condition, "type">)[] = [
    { type: conditionTypes.ready, ...judgeReady(facts) },
    { type: conditionTypes.applied, ...judgeApplied(facts) },
    { type: conditionTypes.degraded, ...judgeDegraded(facts) },
    { type: conditionTypes.drifted, ...(facts.drift?.condition ?? notWatched) },
  ];
  const observed = facts.generation === undefined ? {} : { observedGeneration: facts.generation };
  return verdicts.reduce(
    (conditions, verdict) => withCondition(conditions, { ...verdict, ...observed }, nowIso),
    previous,
  );
}

/** Whether the node serves as the newest settings say, without external changes that stay. */
function judgeReady(facts: AgentFacts): Verdict {
  const { failure, waitingFor, settingsWaitFor, modeProblem, staleSinceMs, lastSuccess, drift } = facts;
  const { settings, unusable, applied } = facts;
  if (settings === undefined || unusable !== undefined) return judgeUnusable(facts);
  if (waitingFor.length > 0) {
    const message = `Waiting for ${waitingFor.join(" and ")}; until then ${describeMeanwhile(staleSinceMs)}.`;
    return { status: "False", reason: nodeReadyReasons.waiting, message };
  }
  if (modeProblem !== undefined) return judgeUnsupported({ settings, modeProblem, applied });
  if (failure !== undefined) return { status: "False", reason: failure.reason, message: failure.message };
  if (settingsWaitFor.length > 0) {
    const message = `Revision ${settings.revision} waits for ${settingsWaitFor.join(" and ")}; until then ${describeKept(applied)}.`;
    return { status: "False", reason: nodeReadyReasons.waiting, message };
  }
  if (lastSuccess === undefined || applied?.revision !== settings.revision) {
    return {
      status: "False",
      reason: nodeReadyReasons.syncing,
      message: `Revision ${settings.revision} is being applied.`,
    };
  }
  if (lastSuccess.failing.length > 0) {
    return { status: "False", reason: "SyncFailed", message: describeFailing(lastSuccess) };
  }
  if (drift?.condition.reason === driftReasons.reported) {
    return { status: "False", reason: "Drifted", message: drift.condition.message };
  }
  const fallback = lastSuccess.fallbackReason === undefined ? "" : ` (${lastSuccess.fallbackReason})`;
  return {
    status: "True",
    reason: nodeReadyReasons.synced,
    message: `Revision ${settings.revision} is in the kernel, mode ${lastSuccess.mode}${fallback}${describeOthers(lastSuccess)}.`,
  };
}

function judgeUnusable({ settings, unusable = "it has not been read" }: AgentFacts): Verdict {
  const meanwhile = settings === undefined ? "and there are no settings from before" : describeKept(settings);
  const message = `The NodeProxy cannot be used, ${meanwhile}: ${unusable}.`;
  return { status: "False", reason: "SettingsUnusable", message };
}

/** Settings without a mode that the node can run; earlier ones stay current. */
function judgeUnsupported({
  settings,
  modeProblem,
  applied,
}: Pick<AgentFacts, "applied"> & {
  readonly settings: NodeProxySpec;
  readonly modeProblem: string;
}): Verdict {
  const message = `Revision ${settings.revision} cannot be applied, ${describeKept(applied)}: ${modeProblem}.`;
  return { status: "False", reason: nodeReadyReasons.modeUnsupported, message };
}

/** Whether the newest settings have reached the kernel at least once. */
function judgeApplied(facts: AgentFacts): Verdict {
  const { applied, settings, failure, modeProblem, unusable } = facts;
  if (settings === undefined || unusable !== undefined) return judgeUnusable(facts);
  if (applied?.revision === settings.revision) {
    const message = `Revision ${settings.revision} has been applied.`;
    return { status: "True", reason: "Applied", message };
  }
  if (modeProblem !== undefined) return judgeUnsupported({ settings, modeProblem, applied });
  return {
    status: "False",
    reason: failure?.reason ?? nodeReadyReasons.syncing,
    message: `Revision ${settings.revision} has not been applied; ${describeKept(applied)}.`,
  };
}

function describeKept(settings: NodeProxySpec | undefined): string {
  return settings === undefined
    ? "nothing has been applied since the agent started"
    : `the node keeps revision ${settings.revision}`;
}

/** Modes besides the main one, with what they serve. */
function describeOthers({ modes }: SyncSuccess): string {
  const [, ...others] = modes;
  const named = others.map(
    ({ mode, services }) => `mode ${mode} for ${services === 1 ? "1 Service" : `${services} Services`}`,
  );
  return named.length === 0 ? "" : `, and ${named.join(", ")}`;
}

function describeFailing({ failing }: SyncSuccess): string {
  return failing
    .map(({ mode, message }) => `Mode ${mode} fails, its Services may be served as before: ${message}.`)
    .join(" ");
}

const namedServices = 5;

/** Whether some Services are not served as their objects say: because of a failure, what is in them or what the node lacks. */
function judgeDegraded({ lastSuccess, failure, problems, nodeProblems }: AgentFacts): Verdict {
  if (lastSuccess === undefined) {
    const message = "Nothing has been synced since the agent started.";
    return { status: "Unknown", reason: "NotSynced", message };
  }
  const { report, failing } = lastSuccess;
  const rejected = new Set(report.rejected.map(({ service }) => service));
  const wrong = [...problems, ...report.unsupported].map(({ service }) => service);
  const all = [...new Set([...rejected, ...wrong])];
  const troubles: readonly Trouble[] = [
    ...(failure === undefined ? [] : [{ reason: failure.reason, message: describeStandstill(lastSuccess) }]),
    ...(failing.length === 0 ? [] : [{ reason: "SyncFailed", message: describeFailing(lastSuccess) }]),
    ...(all.length === 0
      ? []
      : [
          {
            reason: rejected.size > 0 ? "ServicesRejected" : "ServiceProblems",
            message: describeServices(all),
          },
        ]),
    ...nodeProblems.map((problem) => ({ reason: "NodeProblem", message: `${problem}.` })),
  ];
  const [worst] = troubles;
  if (worst === undefined) {
    return { status: "False", reason: "AsSpecified", message: "All Services are served as specified." };
  }
  const message = troubles.map((trouble) => trouble.message).join(" ");
  return { status: "True", reason: worst.reason, message };
}

function describeStandstill({ at }: SyncSuccess): string {
  return `What has changed since the last successful sync at ${formatTime(at)} may not be served.`;
}

function describeServices(services: readonly string[]): string {
  return `Not served as specified: ${listSome(services, namedServices)}. See status.services.unsupported.`;
}
