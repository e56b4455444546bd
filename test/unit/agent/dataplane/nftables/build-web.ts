import { buildService } from "../../../../../agent/dataplane/nftables/build-service.ts";
import type { ServiceRuleset } from "../../../../../agent/dataplane/nftables/ruleset.ts";
import type { TableRules } from "../../../../../agent/dataplane/nftables/spell-verdicts.ts";
import {
  type FrontendOverrides,
  makeDesiredService,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
  type ServicePortOverrides,
} from "../../../../support/make-desired-state.ts";

export const here = makeEndpoint("10.244.1.2:8080", { local: true });
export const there = makeEndpoint("10.244.2.2:8080");

/** Endpoints of a port. */
export const both = { clusterEndpoints: [here, there] };
export const remote = { clusterEndpoints: [there], localEndpoints: [] };
export const nowhere = { clusterEndpoints: [], localEndpoints: [], hasUsableEndpoints: false };

/** What a frontend is. */
export const clusterIP = { kind: "clusterIP" } as const;
export const external = { kind: "loadBalancerIP" } as const;
export const policyLocal = { policyLocal: true } as const;

/** The one frontend of a port. */
export const frontend = (overrides: FrontendOverrides) => [makeFrontend("203.0.113.1:80", overrides)];

/** What a Service with this port has in the IPv4 table of a node that recognises its pods. */
export const build = (port: ServicePortOverrides, rules: TableRules = makeNodeFamily()): ServiceRuleset =>
  buildService(makeDesiredService("ns/web", [port]), "ip", rules);

/** Elements as `container key : data`, without the slots. */
export const verdicts = (ruleset: ServiceRuleset): readonly string[] =>
  ruleset.elements
    .filter(({ container }) => !container.startsWith("eps-") && container !== "hairpin")
    .map(({ container, key, data }) => `${container} ${data === undefined ? key : `${key} : ${data}`}`);

/** Slots as `container key : data`. */
export const slots = (ruleset: ServiceRuleset): readonly string[] =>
  ruleset.elements
    .filter(({ container }) => container.startsWith("eps-"))
    .map(({ container, key, data }) => `${container} ${key} : ${data}`);
