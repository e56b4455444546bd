/** Types of the conditions in the status of both kinds. Ready is present from the first status on. */
export const conditionTypes = {
  /** ProxyConfig: every selected node runs it. NodeProxy: the node serves as its latest settings specify. */
  ready: "Ready",
  /** ProxyConfig: a rollout is in progress. */
  progressing: "Progressing",
  /** ProxyConfig: some node fails. NodeProxy: some Services are not served as specified. */
  degraded: "Degraded",
  /** ProxyConfig: kstatus, present while only a change of the spec or the nodes can help. */
  stalled: "Stalled",
  /** NodeProxy: the latest settings have reached the kernel at least once. */
  applied: "Applied",
  /** NodeProxy: external changes to our kernel state are not repaired. */
  drifted: "Drifted",
} as const;

/** Reasons of a NodeProxy's Ready condition that the operator's decisions depend on; any other reason is a failure. */
export const nodeReadyReasons = {
  synced: "Synced",
  /** The latest settings are being applied. */
  syncing: "Syncing",
  /** The agent has not yet received all objects that it needs before it may program anything. */
  waiting: "Waiting",
  /** The node supports neither mode nor any of fallbackModes. */
  modeUnsupported: "ModeUnsupported",
} as const;
