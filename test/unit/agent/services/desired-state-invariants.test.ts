/** Holds what `DesiredServicePort` promises to every mode, for random clusters and settings. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ServiceCatalog } from "../../../../agent/services/catalog/service-catalog.ts";
import type {
  ClientKind,
  DesiredNodeFamily,
  DesiredServicePort,
  Frontend,
  Verdict,
} from "../../../../agent/services/desired-state.ts";
import { arbitraryClusterEvent } from "../../../support/arbitrary-cluster-event.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../support/make-objects.ts";
import { tellCatalog } from "./catalog/tell-catalog.ts";

const clientKinds: readonly ClientKind[] = ["pod", "node", "outside"];

interface Compiled {
  readonly port: DesiredServicePort;
  readonly node: DesiredNodeFamily;
}

/** Checks every service port that a random history leads to. */
function forAllPorts(check: (compiled: Compiled) => void): void {
  fc.assert(
    fc.property(fc.array(arbitraryClusterEvent, { minLength: 5, maxLength: 40 }), (events) => {
      const catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
      for (const event of events) tellCatalog(catalog, event);
      const { node, services } = catalog.takeChanges().desired;
      for (const { ports } of services.values()) {
        for (const port of ports) check({ port, node: port.family === "IPv4" ? node.ipv4 : node.ipv6 });
      }
    }),
    { numRuns: 300 },
  );
}

function verdictsOf({ verdicts }: Frontend): readonly Verdict[] {
  return clientKinds.map((client) => verdicts[client]);
}

function setOf(port: DesiredServicePort, { endpoints }: Verdict): readonly unknown[] {
  return endpoints === "cluster" ? port.clusterEndpoints : port.localEndpoints;
}

function isMasqueraded(verdict: Verdict): boolean {
  return verdict.kind === "loadBalance" && verdict.masquerade;
}

function isBalanced({ kind }: Verdict): boolean {
  return kind === "loadBalance";
}

describe("the desired state of every cluster", () => {
  it("balances among endpoints that there are, and drops or refuses only without any", () => {
    forAllPorts(({ port }) => {
      for (const verdict of port.frontends.flatMap(verdictsOf))
        assert.equal(setOf(port, verdict).length > 0, isBalanced(verdict));
    });
  });

  it("has no endpoints in a set that no verdict names", () => {
    forAllPorts(({ port }) => {
      const named = new Set(port.frontends.flatMap(verdictsOf).map(({ endpoints }) => endpoints));
      assert.ok(named.has("cluster") || port.clusterEndpoints.length === 0);
      assert.ok(named.has("local") || port.localEndpoints.length === 0);
    });
  });

  it("refuses all clients of a service port or none", () => {
    forAllPorts(({ port }) => {
      const kinds = port.frontends.flatMap(verdictsOf).map(({ kind }) => kind === "refuse");
      assert.ok(kinds.every((isRefused) => isRefused === kinds[0]));
    });
  });

  it("gives all clients of a ClusterIP one set, and masquerades them as the node says", () => {
    forAllPorts(({ port, node }) => {
      for (const frontend of port.frontends.filter(({ kind }) => kind === "clusterIP")) {
        assert.equal(new Set(verdictsOf(frontend).map(({ endpoints }) => endpoints)).size, 1);
        for (const client of clientKinds) {
          const verdict = frontend.verdicts[client];
          if (isBalanced(verdict)) assert.equal(isMasqueraded(verdict), node.clusterIPMasquerade[client]);
        }
      }
    });
  });

  it("gives other addresses the cluster set for the node, and preserves the source of clients from outside only in the local set", () => {
    forAllPorts(({ port }) => {
      for (const { verdicts } of port.frontends.filter(({ kind }) => kind !== "clusterIP")) {
        const { node, outside } = verdicts;
        assert.equal(node.endpoints, "cluster");
        if (isBalanced(node)) assert.ok(isMasqueraded(node));
        if (isBalanced(outside)) assert.equal(isMasqueraded(outside), outside.endpoints === "cluster");
      }
    });
  });

  it("gives pods at other addresses the cluster set, and the verdict of outside where they are not recognised", () => {
    forAllPorts(({ port, node }) => {
      for (const { verdicts } of port.frontends.filter(({ kind }) => kind !== "clusterIP")) {
        if (node.localDetector.kind === "none") assert.equal(verdicts.pod, verdicts.outside);
        else assert.equal(verdicts.pod.endpoints, "cluster");
      }
    });
  });
});
