import { cutText } from "../../platform/text/cut-text.ts";
import type { Culprit } from "../dataplane/foreign-change.ts";

const longestCommand = 160;

/** Names a process as in `nft (process 4711: nft flush ruleset; started by bash)`, at most some 400 characters long. */
export function describeCulprit(culprit: Culprit | undefined): string {
  if (culprit === undefined) return "An unknown process";
  const { processId, name, command, startedBy } = culprit;
  const details = [
    ...(command === undefined ? [] : [cut(command)]),
    ...(startedBy === undefined ? [] : [`started by ${cut(startedBy)}`]),
  ].join("; ");
  return `${name} (process ${processId}${details === "" ? "" : `: ${details}`})`;
}

/** Command lines may hold anything: control characters are removed, and long ones are cut. */
function cut(command: string): string {
  return cutText(command.replaceAll(/\p{Cc}+/gu, " "), longestCommand);
}
