import { dataplanes } from "../../agent/dataplane/dataplanes.ts";
import type { ProxyMode } from "../../crds/api.ts";

/**
 * Mode to be tested: environment variable MODE.
 * @default nftables
 * @throws RangeError when this build has no such mode
 */
export function modeToTest(): ProxyMode {
  return parseMode(process.env["MODE"] ?? "nftables");
}

function parseMode(text: string): ProxyMode {
  const modes = Object.keys(dataplanes);
  if (modes.includes(text)) return text as ProxyMode;
  throw new RangeError(`MODE must be a mode of this build, which has ${modes.join(", ")}; got "${text}"`);
}
