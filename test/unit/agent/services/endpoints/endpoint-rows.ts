import assert from "node:assert/strict";
import type { Verdict } from "../../../../../agent/services/desired-state.ts";
import { makeEndpointSlice, makeService } from "../../../../support/make-objects.ts";
import { compileObjects, endpointWords, type Objects, onlyPortOf } from "../compile-objects.ts";

/** A Service with one port, and the endpoints that it has. */
export interface EndpointRow {
  readonly rule: string;
  readonly service?: Parameters<typeof makeService>[0];
  readonly slices: readonly Parameters<typeof makeEndpointSlice>[0][];
  readonly node?: Objects["node"];
  readonly cluster?: readonly string[];
  readonly local?: readonly string[];
  /** What clients from outside get at the first address; balanced by default. */
  readonly outcome?: Verdict["kind"];
  readonly problems?: readonly string[];
}

/** Compiles the Service of the row and compares all that the row says. */
export function checkEndpoints({ service = {}, slices, node = {}, ...expected }: EndpointRow): void {
  const { cluster = [], local = [], outcome = "loadBalance", problems = [] } = expected;
  const compiled = compileObjects({
    services: [makeService(service)],
    endpointSlices: slices.map((slice) => makeEndpointSlice(slice)),
    node,
  });
  const port = onlyPortOf(compiled);
  assert.deepEqual(endpointWords(port.clusterEndpoints), cluster);
  assert.deepEqual(endpointWords(port.localEndpoints), local);
  assert.equal(port.frontends[0]?.verdicts.outside.kind, outcome);
  assert.deepEqual(
    compiled.problems.map(({ field }) => field),
    problems,
  );
}

/** Name of the node. */
export const here = "worker-1";

/** Endpoints by their conditions. */
export const ready = (address: string, more: object = {}) => ({ addresses: [address], ...more });
export const unready = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: false, serving: false, terminating: false },
  ...more,
});
export const draining = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: false, serving: true, terminating: true },
  ...more,
});
export const dead = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: false, serving: false, terminating: true },
  ...more,
});
export const onNode = { nodeName: here };
export const zone = (...names: readonly string[]) => ({
  hints: { forZones: names.map((name) => ({ name })) },
});
export const node = (...names: readonly string[]) => ({
  hints: { forNodes: names.map((name) => ({ name })) },
});
export const both = (nodeName: string, zoneName: string) => ({
  hints: { forNodes: [{ name: nodeName }], forZones: [{ name: zoneName }] },
});

/** Two sets: the local one for clients from outside, the cluster set for pods and the node. */
export const externalLocal = {
  type: "NodePort",
  externalTrafficPolicy: "Local",
  ports: [{ port: 80, nodePort: 30_080 }],
};
export const internalLocal = { internalTrafficPolicy: "Local" };
