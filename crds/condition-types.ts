/** Types of the conditions in the status of our kinds. Ready is there from the first status on. */
export const conditionTypes = {
  /** ProxyConfig: every selected node runs it. NodeProxy: the node serves as its newest settings say. */
  ready: "Ready",
  /** ProxyConfig: a rollout is in progress. */
  progressing: "Progressing",
  /** ProxyConfig: some node fails. NodeProxy: some Services are not served as specified. */
  degraded: "Degraded",
  /** ProxyConfig: kstatus, present while only a change of the spec or the nodes can help. */
  stalled: "Stalled",
  /** NodeProxy: the newest settings have reached the kernel at least once. */
  applied: "Applied",
  /** NodeProxy: external changes to our kernel state are not repaired. */
  drifted: "Drifted",
} as const;

/** Reasons of a NodeProxy's Ready condition that the operator decides by; any other reason is a failure. */
export const nodeReadyReasons = {
  synced: "Synced",
  /** The newest settings are being applied. */
  syncing: "Syncing",
  /** The agent has not seen everything yet that it must know before it may program anything. */
  waiting: "Waiting",
  /** The node lacks what mode and every fallback mode need. */
  modeUnsupported: "ModeUnsupported",
} as const;
