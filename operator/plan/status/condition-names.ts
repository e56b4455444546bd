/** Conditions of a ProxyConfig besides those it shares with other kinds; present only while they hold. */
export const configConditionTypes = {
  /** Other ProxyConfigs own some of the nodes this one selects. */
  overridden: "Overridden",
  /** Some nodes run another mode than spec.mode. */
  modeFallback: "ModeFallback",
} as const;

/** Reason of Ready and Progressing while `rollout.paused` keeps nodes at earlier settings. */
export const rolloutPaused = "RolloutPaused";

/** Every reason that a condition of a ProxyConfig can have; docs/observability.md says what they mean. */
export const configReasons = [
  "AllNodesOverridden",
  "AllNodesReady",
  "AsExpected",
  "ModeUnsupported",
  "NoNodesSelected",
  "NodesDegraded",
  "NodesDrifted",
  "NodesFailing",
  "NodesUpdating",
  "OtherProxyConfigWins",
  "ProgressDeadlineExceeded",
  "RolloutComplete",
  rolloutPaused,
] as const;

export type ConfigReason = (typeof configReasons)[number];

/** Every reason of the operator's Events. */
export const operatorEventReasons = [
  "ConfigOrphaned",
  "ConfigOverridden",
  "ModeFallback",
  "NodeFailed",
  "NodeRecovered",
  "NodesDegraded",
  "RolloutFinished",
  "RolloutStarted",
] as const;

export type OperatorEventReason = (typeof operatorEventReasons)[number];
