import type { DesiredService } from "../../services/desired-state.ts";
import { estimateElements } from "./estimate-elements.ts";

/** Bounds one transaction of a cold load: some 100 ms in the kernel and 20 MB in nft. */
const elementsPerTransaction = 10_000;

/** Divides Services, in their order, into transactions of a cold load. */
export function coldBatches(services: readonly DesiredService[]): readonly (readonly DesiredService[])[] {
  const batches: DesiredService[][] = [];
  let room = 0;
  for (const service of services) {
    const size = estimateElements(service);
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
