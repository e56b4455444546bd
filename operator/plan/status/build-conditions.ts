import type { Condition } from "../../../crds/api.ts";
import { conditionTypes } from "../../../crds/condition-types.ts";
import { assertNever } from "../../../platform/assert-never.ts";
import { cutText } from "../../../platform/text/cut-text.ts";
import { findCondition } from "../../../platform/kube/conditions.ts";
import { configConditionTypes, revisionNotStored, type ConfigReason } from "./condition-names.ts";
import type { ConfigFacts } from "../config-facts.ts";
import { isReady, type NodeVerdict } from "../nodes/judge-node.ts";
import { describeSelector } from "../ownership/describe-selector.ts";
import { explainDegraded, explainFailing, explainNotReady, explainOverridden } from "./explain-nodes.ts";
import { isModeUnsupported, modeUnsupported } from "../nodes/mode-support.ts";
import { countNodes, nameNodes } from "./name-nodes.ts";
import { isFailing, rankFailing } from "./rank-failing.ts";
import { formatTime } from "../../../platform/kube/time.ts";

/** As the schema has it. A message that quotes an agent in full may be longer, and the API server would reject the whole status. */
const longestMessage = 32_768;

type Judgement = Pick<Condition, "status" | "message"> & { readonly reason: ConfigReason };

/** All conditions that a ProxyConfig has now; a transition time is kept while the status stays the same. */
export function buildConditions(facts: ConfigFacts): readonly Condition[] {
  const judgements: readonly (readonly [type: string, judgement: Judgement | undefined])[] = [
    [conditionTypes.ready, judgeReady(facts)],
    [conditionTypes.progressing, judgeProgressing(facts)],
    [conditionTypes.degraded, judgeDegraded(facts)],
    [conditionTypes.stalled, judgeStalled(facts)],
    [configConditionTypes.overridden, judgeOverridden(facts)],
    [configConditionTypes.modeFallback, judgeModeFallback(facts)],
  ];
  return judgements.flatMap(([type, judgement]) =>
    judgement === undefined ? [] : [datedCondition(type, judgement, facts)],
  );
}

function datedCondition(
  type: string,
  judgement: Judgement,
  { proxyConfig: { metadata, status }, nowMs }: ConfigFacts,
): Condition {
  const previous = findCondition(status?.conditions ?? [], type);
  return {
    type,
    ...judgement,
    message: cutText(judgement.message, longestMessage),
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    lastTransitionTime:
      previous?.status === judgement.status ? previous.lastTransitionTime : formatTime(nowMs),
  };
}

/** Whether every node that the ProxyConfig owns serves with its newest settings. */
function judgeReady(facts: ConfigFacts): Judgement {
  const { verdicts, rollout, revision } = facts;
  if (verdicts.length === 0) return { status: "False", ...explainNoNodes(facts) };
  const ready = verdicts.filter(isReady).length;
  const count = `${ready} of ${countNodes(verdicts.length)} ready with ${revision}`;
  if (ready === verdicts.length) return { status: "True", reason: "AllNodesReady", message: count };
  const message = [count, rollout.message, ...explainNotReady(verdicts)]
    .filter((part) => part !== undefined)
    .join("; ");
  return { status: "False", reason: notReadyReason(facts), message };
}

function notReadyReason({ rollout, verdicts }: ConfigFacts): ConfigReason {
  const { phase } = rollout.state;
  if (phase === "Blocked") return revisionNotStored;
  if (phase === "Paused") return "RolloutPaused";
  if (phase === "Stalled") return "ProgressDeadlineExceeded";
  if (isModeUnsupported(verdicts)) return modeUnsupported;
  return verdicts.some(isFailing) ? failingReason(verdicts) : "NodesUpdating";
}

/** Matches the counts in the status: nodes that lack a mode do not count as failed. */
function failingReason(verdicts: readonly NodeVerdict[]): ConfigReason {
  const hasFailed = verdicts.some(({ health }) => health === "failed" || health === "silent");
  return hasFailed ? "NodesFailing" : modeUnsupported;
}

function explainNoNodes({ proxyConfig, overridden }: ConfigFacts): Pick<Judgement, "reason" | "message"> {
  if (overridden.length > 0) {
    return {
      reason: "AllNodesOverridden",
      message: `owns no node: ${explainOverridden(proxyConfig, overridden)}`,
    };
  }
  const selector = describeSelector(proxyConfig.spec.nodeSelector);
  const message =
    selector === ""
      ? "the cluster has no Nodes yet; add one"
      : `no Node matches spec.nodeSelector (${selector}); label a Node or change the selector`;
  return { reason: "NoNodesSelected", message };
}

/** Whether a rollout is running and may still complete by itself. */
function judgeProgressing(facts: ConfigFacts): Judgement {
  const { rollout, revision, verdicts } = facts;
  switch (rollout.state.phase) {
    case "NoNodes":
      return { status: "False", reason: explainNoNodes(facts).reason, message: "there is no node to change" };
    case "Blocked":
      return {
        status: "True",
        reason: revisionNotStored,
        message: `${rollout.message ?? ""}; the operator tries again`,
      };
    case "Complete":
      return {
        status: "False",
        reason: "RolloutComplete",
        message: `the rollout of ${revision} is complete`,
      };
    case "Paused":
      return {
        status: "False",
        reason: "RolloutPaused",
        message: `${rollout.message ?? ""}: ${nameNodes(rollout.held)}; set it to false to continue`,
      };
    case "Unsupported":
      return { status: "False", reason: modeUnsupported, message: rollout.message ?? "" };
    case "Stalled":
      return { status: "False", reason: "ProgressDeadlineExceeded", message: rollout.message ?? "" };
    case "Updating": {
      const rest = verdicts.filter((verdict) => !isReady(verdict)).map(({ node }) => node);
      return {
        status: "True",
        reason: "NodesUpdating",
        message: `${revision} is being rolled out to ${nameNodes(rest)}`,
      };
    }
    default:
      return assertNever(rollout.state.phase);
  }
}

/** Whether some node does not work as specified, rollout or not. */
function judgeDegraded({ verdicts }: ConfigFacts): Judgement {
  const failing = rankFailing(verdicts);
  const degraded = explainDegraded(verdicts);
  const drifted = verdicts.filter(({ drifted }) => drifted).map(({ node }) => node);
  const drift =
    drifted.length === 0
      ? []
      : [`external changes to the kernel state of ${nameNodes(drifted)} are not repaired`];
  if (failing.length === 0 && degraded.length === 0 && drift.length === 0) {
    return { status: "False", reason: "AsExpected", message: "every node works as specified" };
  }
  return {
    status: "True",
    reason:
      failing.length > 0 ? failingReason(failing) : degraded.length > 0 ? "NodesDegraded" : "NodesDrifted",
    message: [...explainFailing(failing), ...degraded, ...drift].join("; "),
  };
}

/** Whether a user must change something; the message says what. */
function judgeStalled(facts: ConfigFacts): Judgement | undefined {
  const { rollout, verdicts } = facts;
  const { phase } = rollout.state;
  switch (phase) {
    case "NoNodes":
      return { status: "True", ...explainNoNodes(facts) };
    case "Unsupported":
    case "Stalled": {
      const reason = phase === "Stalled" ? "ProgressDeadlineExceeded" : modeUnsupported;
      return { status: "True", reason, message: [rollout.message, ...explainNotReady(verdicts)].join("; ") };
    }
    case "Complete":
      if (!isModeUnsupported(verdicts)) return undefined;
      return { status: "True", reason: modeUnsupported, message: explainNotReady(verdicts).join("; ") };
    case "Blocked":
    case "Paused":
    case "Updating":
      return undefined;
    default:
      return assertNever(phase);
  }
}

function judgeOverridden({ proxyConfig, overridden }: ConfigFacts): Judgement | undefined {
  if (overridden.length === 0) return undefined;
  return {
    status: "True",
    reason: "OtherProxyConfigWins",
    message: explainOverridden(proxyConfig, overridden),
  };
}

function judgeModeFallback({ proxyConfig, verdicts }: ConfigFacts): Judgement | undefined {
  const fallen = verdicts.filter(({ fallbackReason }) => fallbackReason !== undefined);
  const [first] = fallen;
  if (first === undefined) return undefined;
  const names = nameNodes(fallen.map(({ node }) => node));
  const message =
    `${names} cannot run ${proxyConfig.spec.mode}; ` +
    `${first.node} runs ${first.runningMode ?? "no mode"} because ${first.fallbackReason ?? ""}`;
  return { status: "True", reason: "ModeUnsupported", message };
}
