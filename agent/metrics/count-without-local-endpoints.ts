import type { DesiredServicePort, DesiredState, Route } from "../services/desired-state.ts";

/** Service ports that have endpoints but none on this node, by the Local traffic policy that makes it matter. */
export function countWithoutLocalEndpoints(desired: Pick<DesiredState, "services">): {
  readonly internal: number;
  readonly external: number;
} {
  const lacking = [...desired.services.values()]
    .flatMap((service) => service.ports)
    .filter((port) => port.hasUsableEndpoints && port.localEndpoints.length === 0);
  return {
    internal: lacking.filter((port) => hasRoute(port, "local")).length,
    external: lacking.filter((port) => hasRoute(port, "externalLocal")).length,
  };
}

function hasRoute(port: DesiredServicePort, kind: Route["kind"]): boolean {
  return port.frontends.some((frontend) => frontend.route.kind === kind);
}
