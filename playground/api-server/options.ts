import { parseArgs } from "node:util";
import type { ApiServerOptions } from "./start.ts";

/**
 * The flags of the API server program.
 *
 * @throws Error with the flag, its value and what it should be.
 */
export function parseOptions(args: readonly string[]): Omit<ApiServerOptions, "log"> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "6443" },
      host: { type: "string", default: "127.0.0.1" },
      socket: { type: "string" },
      "data-dir": { type: "string" },
      "service-cidr": { type: "string", multiple: true },
      "watch-history": { type: "string", default: "10000" },
    },
  });
  return {
    port: wholeNumber("--port", values.port, 65_535),
    host: values.host,
    watchHistory: wholeNumber("--watch-history", values["watch-history"], 10_000_000),
    ...(values.socket === undefined ? {} : { socketPath: values.socket }),
    ...(values["data-dir"] === undefined ? {} : { dataDir: values["data-dir"] }),
    ...(values["service-cidr"] === undefined ? {} : { serviceCIDRs: values["service-cidr"] }),
  };
}

function wholeNumber(flag: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Infinity;
  if (value > max)
    throw new Error(`${flag} must be a whole number up to ${max}, got ${JSON.stringify(text)}`);
  return value;
}
