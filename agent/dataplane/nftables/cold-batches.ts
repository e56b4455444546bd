import type { DesiredService } from "../../services/desired-state.ts";
import { pickerFor } from "./schedule.ts";

/** Bounds one transaction of a cold load: some 100 ms in the kernel and 20 MB in nft. */
const elementsPerTransaction = 10_000;

/** Divides Services, in their order, into transactions of a cold load. */
export function coldBatches(services: readonly DesiredService[]): readonly (readonly DesiredService[])[] {
  const batches: DesiredService[][] = [];
  let room = 0;
  for (const service of services) {
    const size = elementEstimate(service);
    const current = batches.at(-1);
    if (current === undefined || size > room) {
      batches.push([service]);
      room = elementsPerTransaction - size;
    } else {
      current.push(service);
      room -= size;
    }
  }
  return batches;
}

function elementEstimate({ ports }: DesiredService): number {
  return ports.reduce((sum, port) => {
    const slots = [port.clusterEndpoints, port.localEndpoints].map(
      (endpoints) => pickerFor(port.algorithm, endpoints).slots,
    );
    return sum + port.frontends.length * (1 + Math.max(...slots));
  }, 0);
}
