/**
 * What happens until the API server has told about all objects: a main clause without a full stop.
 * @param staleSinceMs of when the Services are that stand in for its own, milliseconds since the epoch; undefined when none do
 */
export function describeMeanwhile(staleSinceMs: number | undefined): string {
  return staleSinceMs === undefined
    ? "the kernel keeps the rules it has"
    : `Services are served as they were at ${new Date(staleSinceMs).toISOString()}`;
}
