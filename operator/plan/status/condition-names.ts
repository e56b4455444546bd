/** Conditions of a ProxyConfig besides those it shares with other kinds; present only while they hold. */
export const configConditionTypes = {
  /** Other ProxyConfigs own some of the nodes this one selects. */
  overridden: "Overridden",
  /** Some nodes run another mode than spec.mode. */
  modeFallback: "ModeFallback",
} as const;

/** Reason of Ready and Progressing while the newest revision cannot be stored, also of the Event. */
export const revisionNotStored = "RevisionNotStored";

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
  revisionNotStored,
  "RolloutComplete",
  "RolloutPaused",
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
  revisionNotStored,
  "RolloutFinished",
  "RolloutStarted",
] as const;

export type OperatorEventReason = (typeof operatorEventReasons)[number];
