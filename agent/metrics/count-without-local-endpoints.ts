import type { DesiredServicePort, DesiredState, Frontend } from "../services/desired-state.ts";

/** Service ports that have endpoints but none on this node, by the Local traffic policy that needs one. */
export function countWithoutLocalEndpoints(desired: Pick<DesiredState, "services">): {
  readonly internal: number;
  readonly external: number;
} {
  const ports = [...desired.services.values()].flatMap((service) => service.ports);
  return {
    internal: ports.filter((port) => drops(port, ({ kind }) => kind === "clusterIP")).length,
    external: ports.filter((port) => drops(port, ({ kind }) => kind !== "clusterIP")).length,
  };
}

function drops({ frontends }: DesiredServicePort, concerns: (frontend: Frontend) => boolean): boolean {
  return frontends.some((frontend) => concerns(frontend) && frontend.verdicts.outside.kind === "drop");
}
