import type { FrontendCount } from "../dataplane/dataplane.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";

/**
 * New connections to the frontends of all running modes that count them.
 * @throws when none of them counts, or when a mode throws
 */
export async function readFrontendCounts(
  serving: Pick<ServingModes, "running">,
): Promise<readonly FrontendCount[]> {
  const running = serving.running();
  const readings = running.flatMap((dataplane) => dataplane.readFrontendCounts?.() ?? []);
  if (readings.length > 0) return (await Promise.all(readings)).flat();
  const modes = running.map(({ mode }) => mode).join(" and ");
  throw new Error(`mode ${modes === "" ? "none" : modes} does not count connections`);
}
