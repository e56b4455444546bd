import type { NodeVerdict } from "./judge-node.ts";

/** Reason of conditions that hold because nodes lack what every allowed mode needs. */
export const modeUnsupported = "ModeUnsupported";

/**
 * Whether no node can run any allowed mode, according to their agents. A waiting node may still prove that it can; a silent one
 * is not waited for.
 */
export function isModeUnsupported(verdicts: readonly NodeVerdict[]): boolean {
  const heard = verdicts.filter(({ health }) => health !== "silent");
  return heard.length > 0 && heard.every(({ health }) => health === "unsupported");
}
