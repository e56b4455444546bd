/**
 * Whether a version of some object of a resource is as new as another one or newer. Versions of built-in and of custom
 * resources are integers that grow with every write (KEP-5504); of any other sort nothing is known, and so it counts as new.
 */
export function isAtLeast(resourceVersion: string, other: string): boolean {
  if (!isInteger(resourceVersion) || !isInteger(other)) return true;
  return BigInt(resourceVersion) >= BigInt(other);
}

function isInteger(resourceVersion: string): boolean {
  return /^\d+$/.test(resourceVersion);
}
