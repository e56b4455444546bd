import type { DesiredService, ServiceName } from "../services/desired-state.ts";

/** Programmed before all others: every client needs names, and controllers need the API. */
const urgentServices: ReadonlySet<string> = new Set(["kube-system/kube-dns", "default/kubernetes"]);

/** The same Services, the urgent ones first and then by name. */
export function urgentFirst(
  services: ReadonlyMap<ServiceName, DesiredService>,
): ReadonlyMap<ServiceName, DesiredService> {
  return new Map([...services].toSorted(([left], [right]) => compareUrgency(left, right)));
}

function compareUrgency(left: ServiceName, right: ServiceName): number {
  const urgency = Number(urgentServices.has(right)) - Number(urgentServices.has(left));
  return urgency || (left < right ? -1 : 1);
}
