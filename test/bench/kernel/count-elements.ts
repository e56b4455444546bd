import { execa } from "execa";
import type { Proxy } from "../proxies/proxy.ts";

/** How many endpoints of Services the rules of a proxy lead to, counted in a full listing of its table. */
export async function countElements({ endpointInListing, table }: Proxy): Promise<number> {
  const nft = execa("nft", ["list", "table", "ip", table], { buffer: false, stderr: "inherit" });
  let count = 0;
  for await (const line of nft.iterable()) count += [...line.matchAll(endpointInListing)].length;
  await nft;
  return count;
}
