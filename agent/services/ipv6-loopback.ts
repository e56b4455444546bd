import { parseIpAddress } from "../../platform/ip/address.ts";
import type { Frontend } from "./desired-state.ts";

const ipv6Loopback = parseIpAddress("::1");

/**
 * Whether the frontend is a NodePort on [::1]. The kernel cannot serve it: it accepts packets to ::1 from the loopback
 * interface alone (RFC 4291 section 2.5.3), so that the answers of an endpoint would be lost. `agent/localhost/` serves it.
 */
export function isOnIpv6Loopback({ kind, address }: Pick<Frontend, "kind" | "address">): boolean {
  return kind === "nodePort" && address === ipv6Loopback;
}
