import type { ProxyMode } from "../../crds/api.ts";

/** Some modes of the API. */
export const proxyModes: readonly ProxyMode[] = ["nftables", "ipvs", "userspace"];
