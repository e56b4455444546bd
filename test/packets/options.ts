import type { ProxyMode } from "../../crds/api.ts";
import { knownGaps } from "../scenarios/known-gaps.ts";

/** Mode to be tested: environment variable MODE. @default nftables */
export function modeToTest(): ProxyMode {
  return parseMode(process.env["MODE"] ?? "nftables");
}

/** @throws RangeError when the API has no such mode. */
function parseMode(text: string): ProxyMode {
  const modes = Object.keys(knownGaps);
  if (!modes.includes(text)) throw new RangeError(`MODE must be one of ${modes.join(", ")}; got "${text}"`);
  return text as ProxyMode;
}
