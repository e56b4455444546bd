/** A copy as it would come over the network, read as a T. */
export function parseCopy<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
