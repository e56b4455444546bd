export type IpFamily = "IPv4" | "IPv6";

/** Canonical text of an IP address: IPv4 without leading zeros, IPv6 as RFC 5952. Comes only from `parseIpAddress`. */
export type IpAddress = string & { readonly __brand: "IpAddress" };

/** Canonical text of a network: canonical address with host bits cleared, `/`, prefix length. Comes only from `parseCidr`. */
export type Cidr = string & { readonly __brand: "Cidr" };
