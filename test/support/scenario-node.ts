import type { CatalogChanges } from "../../agent/services/service-catalog.ts";
import { ServiceCatalog } from "../../agent/services/service-catalog.ts";
import { buildNodeFacts, type NodeFacts } from "../../agent/services/node-facts.ts";
import { trimEndpointSlice } from "../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../agent/watch/trim-service.ts";
import { parseIpAddress } from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";
import { serviceCIDRs } from "../../playground/nodes/network-plan.ts";
import { bothFamilies, nodeNamed, type NodeName } from "../scenarios/addresses.ts";
import type { Step } from "../scenarios/scenario.ts";
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
  update(step: Pick<Step, "services" | "endpointSlices" | "config" | "node">): CatalogChanges {
    this.#catalog.setNode(nodeFacts(this.#name, step.node ?? {}));
    this.#catalog.setConfig(
      makeNodeProxySpec(step.config === undefined ? {} : { config: step.config }).config,
    );
    this.#updateServices(step.services ?? []);
    this.#updateEndpointSlices(step.endpointSlices ?? []);
    return this.#catalog.takeChanges();
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
