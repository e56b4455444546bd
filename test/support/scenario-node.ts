import type { CatalogChanges } from "../../agent/services/catalog/service-catalog.ts";
import { ServiceCatalog } from "../../agent/services/catalog/service-catalog.ts";
import { buildNodeFacts, type NodeFacts } from "../../agent/services/node-facts.ts";
import type { ConnectionCounts } from "../../agent/services/endpoints/endpoint-connections.ts";
import { trimEndpointSlice } from "../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../agent/watch/trim-service.ts";
import { parseIpAddress } from "../../platform/ip/address.ts";
import { transportKey } from "../../platform/ip/socket-address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";
import { serviceCIDRs } from "../../playground/nodes/network-plan.ts";
import { podPorts } from "../../playground/nodes/pods.ts";
import { addressOf, bothFamilies, nodeNamed, podNames, type NodeName } from "../scenarios/addresses.ts";
import type { ClusterState, Shares, Step } from "../scenarios/scenario.ts";
import { makeNodeProxySpec } from "./make-node-proxy-spec.ts";

/** How one node sees the cluster of a scenario: the agent's own way from API objects to the desired state. */
export class ScenarioNode {
  readonly #name: NodeName;
  readonly #catalog: ServiceCatalog;
  #services: ReadonlySet<string> = new Set();
  #endpointSlices: ReadonlySet<string> = new Set();

  constructor(name: NodeName) {
    this.#name = name;
    const { config } = makeNodeProxySpec();
    this.#catalog = new ServiceCatalog({ config, node: nodeFacts(name, {}) });
    this.#catalog.upsertServiceCIDR(
      "kubernetes",
      bothFamilies(serviceCIDRs).map((cidr) => parseCidr(cidr)),
    );
  }

  /** Changes the cluster into that of `step`, as watches would tell it. */
  update(step: ClusterState): CatalogChanges {
    this.#catalog.setNode(nodeFacts(this.#name, step.node ?? {}));
    this.#catalog.setConfig(
      makeNodeProxySpec(step.config === undefined ? {} : { config: step.config }).config,
    );
    this.#updateServices(step.services ?? []);
    this.#updateEndpointSlices(step.endpointSlices ?? []);
    if (step.connections !== undefined) {
      this.#catalog.setConnections({ kind: "counted", counts: countsOf(step.connections) });
    }
    return this.#catalog.takeChanges(step.clockMs);
  }

  #updateServices(services: NonNullable<Step["services"]>): void {
    const present = new Set<string>();
    for (const service of services) {
      const kept = trimService(service);
      if (kept === undefined) continue;
      present.add(kept.name);
      this.#catalog.upsertService(kept);
    }
    for (const name of this.#services) if (!present.has(name)) this.#catalog.deleteService(name);
    this.#services = present;
  }

  #updateEndpointSlices(slices: NonNullable<Step["endpointSlices"]>): void {
    const present = new Set<string>();
    for (const slice of slices) {
      const key = `${slice.metadata.namespace}/${slice.metadata.name}`;
      const kept = trimEndpointSlice(slice);
      if (kept === undefined) continue;
      present.add(key);
      this.#catalog.upsertEndpointSlice(key, kept);
    }
    for (const key of this.#endpointSlices) if (!present.has(key)) this.#catalog.deleteEndpointSlice(key);
    this.#endpointSlices = present;
  }
}

/** All are to the TCP port of pods. */
function countsOf(connections: Shares): ConnectionCounts {
  const names = podNames.filter((name) => connections[name] !== undefined);
  return new Map(
    names.flatMap((name) =>
      bothFamilies(addressOf(name)).map((address): [string, number] => [
        transportKey("TCP", { address: parseIpAddress(address), port: podPorts.tcp[0] }),
        connections[name] ?? 0,
      ]),
    ),
  );
}

function nodeFacts(name: NodeName, { withoutZone, withoutPodCIDRs }: NonNullable<Step["node"]>): NodeFacts {
  const node = nodeNamed(name);
  const local = [...bothFamilies(node), ...bothFamilies(node.podGateway)];
  return buildNodeFacts(
    name,
    {
      addresses: [...bothFamilies(node)],
      podCIDRs: withoutPodCIDRs === true ? [] : [...bothFamilies(node.podCIDRs)],
      ...(withoutZone === true ? {} : { zone: node.zone }),
    },
    local.map((address) => parseIpAddress(address)),
  );
}
