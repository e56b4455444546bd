import type { Clause } from "../../platform/text/clause.ts";

/**
 * What happens until the API server has sent all objects.
 * @param staleSinceMs when the Services were stored that stand in for its own, milliseconds since the epoch; undefined when none do
 */
export function describeMeanwhile(staleSinceMs: number | undefined): Clause {
  return staleSinceMs === undefined
    ? "the kernel keeps the rules it has"
    : `Services are served as they were at ${new Date(staleSinceMs).toISOString()}`;
}
