import type { Context } from "mocha";

/** Skips the running test or suite hook; the reporter prints the reason. */
export function skipBecause(context: Context, reason: string): never {
  const runnable = context.test;
  if (runnable !== undefined) skipReasons.set(runnable, reason);
  context.skip();
}

/** Why each skipped test or hook was skipped. */
export const skipReasons = new WeakMap<object, string>();
