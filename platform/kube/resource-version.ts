/**
 * Whether a resourceVersion is as new as another one of the same resource, or newer. Versions of built-in and custom resources
 * are integers that grow with every write (KEP-5504). Versions in any other format cannot be compared and count as new.
 */
export function isAtLeast(resourceVersion: string, other: string): boolean {
  if (!isInteger(resourceVersion) || !isInteger(other)) return true;
  return BigInt(resourceVersion) >= BigInt(other);
}

function isInteger(resourceVersion: string): boolean {
  return /^\d+$/.test(resourceVersion);
}
