import assert from "node:assert/strict";
import type {
  DesiredService,
  DesiredServicePort,
  Endpoint,
} from "../../../../agent/services/desired-state.ts";
import { type CatalogChanges, ServiceCatalog } from "../../../../agent/services/catalog/service-catalog.ts";
import { namedSets } from "../../../../agent/services/policy/decide-verdicts.ts";
import type { NodeFacts } from "../../../../agent/services/node-facts.ts";
import type { ServiceProblem } from "../../../../agent/services/service-problem.ts";
import { trimEndpointSlice } from "../../../../agent/watch/trim-endpoint-slice.ts";
import { trimNamespace } from "../../../../agent/watch/trim-namespace.ts";
import { trimService } from "../../../../agent/watch/trim-service.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../support/make-objects.ts";

/** API objects as they come from a watch, and the node they are compiled for. */
export interface Objects {
  readonly services?: readonly unknown[];
  readonly endpointSlices?: readonly unknown[];
  readonly namespaces?: readonly unknown[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly node?: Partial<NodeFacts>;
}

export interface Compiled {
  readonly services: ReadonlyMap<string, DesiredService>;
  readonly problems: readonly ServiceProblem[];
  readonly changes: CatalogChanges;
}

/** What a node that sees these objects, and has seen nothing before, should do. */
export function compileObjects(objects: Objects): Compiled {
  const catalog = new ServiceCatalog({
    config: makeNodeProxyConfig(objects.config),
    node: makeNodeFacts(objects.node),
  });
  for (const object of objects.services ?? []) {
    const service = trimService(object);
    if (service !== undefined) catalog.upsertService(service);
  }
  for (const [index, object] of (objects.endpointSlices ?? []).entries()) {
    const slice = trimEndpointSlice(object);
    if (slice !== undefined) catalog.upsertEndpointSlice(`slice ${index}`, slice);
  }
  for (const object of objects.namespaces ?? []) {
    const namespace = trimNamespace(object);
    if (namespace !== undefined) catalog.upsertNamespace(namespace.name, namespace.labels);
  }
  const changes = catalog.takeChanges();
  return { services: changes.desired.services, problems: catalog.problems(), changes };
}

/** The service ports of all Services, in the order of the objects. */
export function portsOf({ services }: Pick<Compiled, "services">): readonly DesiredServicePort[] {
  return [...services.values()].flatMap(({ ports }) => ports);
}

/** The only service port that is made of the objects. */
export function onlyPortOf(compiled: Pick<Compiled, "services">): DesiredServicePort {
  const ports = portsOf(compiled);
  const [port] = ports;
  assert.ok(port !== undefined && ports.length === 1, `expected one service port, got ${ports.length}`);
  return port;
}

/** Frontends in one line each: `kind address:port sets`, and the allowed sources if they are limited. */
export function frontendLines(ports: readonly DesiredServicePort[]): readonly string[] {
  return ports.flatMap(({ protocol, frontends }) =>
    frontends.map(({ kind, address, port, verdicts, allowedSources }) => {
      const sources = allowedSources === undefined ? "" : ` from ${allowedSources.join(",")}`;
      return `${kind} ${address} ${port}/${protocol} ${[...namedSets([verdicts])].join("+")}${sources}`;
    }),
  );
}

/** Endpoints in one word each: `address port`, with `*` when local. */
export function endpointWords(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints.map(({ address, port, local }) => `${address} ${port}${local ? "*" : ""}`);
}
