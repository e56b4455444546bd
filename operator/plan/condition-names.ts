/** Conditions of a ProxyConfig besides those it shares with other kinds; present only while they hold. */
export const configConditionTypes = {
  /** Other ProxyConfigs own some of the nodes this one selects. */
  overridden: "Overridden",
  /** Some nodes run another mode than spec.mode. */
  modeFallback: "ModeFallback",
} as const;

/** Reason of Ready and Progressing while `rollout.paused` keeps nodes at earlier settings. */
export const rolloutPaused = "RolloutPaused";
