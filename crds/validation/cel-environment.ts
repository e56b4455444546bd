import { isIPv4, isIPv6 } from "node:net";
import { Environment } from "@marcbachmann/cel-js";

/**
 * The CEL dialect of `x-kubernetes-validations`: `self`, `oldSelf`, optionals, and the functions isIP and isCIDR of the Kubernetes
 * libraries: https://kubernetes.io/docs/reference/using-api/cel/
 */
export const celEnvironment = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
})
  .registerVariable("self", "dyn")
  .registerVariable("oldSelf", "dyn")
  .registerFunction("isIP(string): bool", isIP)
  .registerFunction("isCIDR(string): bool", isCIDR);

/** Without zones and IPv4-mapped IPv6 addresses, as in Kubernetes. */
function isIP(value: string): boolean {
  return isIPv4(value) || (isIPv6(value) && !value.includes("%") && !/^::ffff:[\d.]+$/i.test(value));
}

/** Host bits may be set, as in Kubernetes. */
function isCIDR(value: string): boolean {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(value);
  const [, address = "", prefixLength] = match ?? [];
  return isIP(address) && Number(prefixLength) <= (isIPv4(address) ? 32 : 128);
}
