import assert from "node:assert/strict";
import { makeService } from "../../../../support/make-objects.ts";
import { compileObjects, frontendLines, type Objects, portsOf } from "../compile-objects.ts";

/** A Service and the frontends that it gets. */
export interface FrontendRow {
  readonly rule: string;
  readonly service: Parameters<typeof makeService>[0];
  readonly config?: Objects["config"];
  readonly node?: Objects["node"];
  readonly frontends: readonly string[];
  /** Fields that are reported. */
  readonly problems?: readonly string[];
}

/** Compiles the Service of the row and compares all that the row says. */
export function checkFrontends({ service, config = {}, node = {}, ...expected }: FrontendRow): void {
  const compiled = compileObjects({ services: [makeService(service)], config, node });
  assert.deepEqual(frontendLines(portsOf(compiled)), expected.frontends);
  assert.deepEqual(
    compiled.problems.map(({ field }) => field),
    expected.problems ?? [],
  );
}

export const vip = "clusterIP 10.96.0.10 80/TCP cluster";
export const dualStack = { clusterIPs: ["10.96.0.10", "fd00:96::10"] };
export const vip6 = "clusterIP fd00:96::10 80/TCP cluster";
export const balancer = { type: "LoadBalancer", ingress: [{ ip: "198.51.100.7" }] };
export const lb = "loadBalancerIP 198.51.100.7 80/TCP cluster";
