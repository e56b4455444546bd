import type { NodeVerdict } from "./judge-node.ts";

/** Reason of conditions that hold because nodes lack what every allowed mode needs. */
export const modeUnsupported = "ModeUnsupported";

/**
 * Whether no node can run any allowed mode, as far as their agents tell. One that is on its way may still prove that it can;
 * nothing is expected of a silent one.
 */
export function isModeUnsupported(verdicts: readonly NodeVerdict[]): boolean {
  const heard = verdicts.filter(({ health }) => health !== "silent");
  return heard.length > 0 && heard.every(({ health }) => health === "unsupported");
}
