import { execa } from "execa";
import { endpointPort } from "../cluster/workload.ts";
import type { Proxy } from "../proxies/proxy.ts";

/** Data of a map of endpoints: `: 10.128.0.1 . 8080`. */
const endpoint = new RegExp(String.raw`: [\d.]+ \. ${endpointPort}\b`, "g");

/** Number of endpoints in the rules of a proxy, counted in a full listing of its table. */
export async function countElements({ table }: Proxy): Promise<number> {
  const nft = execa("nft", ["list", "table", "ip", table], { buffer: false, stderr: "inherit" });
  let count = 0;
  for await (const line of nft.iterable()) count += [...line.matchAll(endpoint)].length;
  await nft;
  return count;
}
