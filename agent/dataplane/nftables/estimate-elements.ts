import type { DesiredService } from "../../services/desired-state.ts";
import { pickerFor } from "../../scheduling/picker.ts";

/** Roughly how many elements a Service has in the tables of both families. */
export function estimateElements({ ports }: Pick<DesiredService, "ports">): number {
  return ports.reduce((sum, port) => {
    const slots = [port.clusterEndpoints, port.localEndpoints].map(
      (endpoints) => pickerFor(port.algorithm, endpoints).slots,
    );
    return sum + port.frontends.length * (1 + Math.max(...slots));
  }, 0);
}
