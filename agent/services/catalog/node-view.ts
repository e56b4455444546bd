import { isDeepStrictEqual } from "node:util";
import type { NodeProxyConfig } from "../../../crds/api.ts";
import type { Cidr, IpAddress } from "../../../platform/ip/address.ts";
import { nodePortAddresses } from "../addresses/node-port-addresses.ts";
import { buildDesiredNode } from "../build-desired-node.ts";
import type { DesiredNode } from "../desired-state.ts";
import type { NodeFacts } from "../node-facts.ts";

/** What the catalog is compiled for, and what follows from it for all Services. */
export interface NodeSetup {
  readonly config: NodeProxyConfig;
  readonly node: NodeFacts;
}

/** The settings and facts of the node, and the ranges of the cluster. */
export class NodeView {
  readonly #serviceCIDRs = new Map<string, readonly Cidr[]>();
  #setup: NodeSetup;
  #nodePortAddresses: readonly IpAddress[];
  #desired: DesiredNode;
  #isChanged = true;

  /** @throws IpSyntaxError when a CIDR of the settings does not parse */
  constructor(setup: NodeSetup) {
    this.#setup = setup;
    this.#nodePortAddresses = nodePortAddresses(setup.config.nodePorts, setup.node.addresses);
    this.#desired = buildDesiredNode(setup.config, setup.node, []);
  }

  get setup(): NodeSetup {
    return this.#setup;
  }

  /** The node's addresses that accept NodePorts. */
  get nodePortAddresses(): readonly IpAddress[] {
    return this.#nodePortAddresses;
  }

  get desired(): DesiredNode {
    return this.#desired;
  }

  /** Live. */
  get serviceCIDRs(): ReadonlyMap<string, readonly Cidr[]> {
    return this.#serviceCIDRs;
  }

  /** Whether {@link desired} differs from the last {@link takeChange}. True at first. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** Reads {@link isChanged} and resets it. */
  takeChange(): boolean {
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    return isChanged;
  }

  /**
   * @returns whether all Services have to be compiled again
   * @throws IpSyntaxError when a CIDR of the settings does not parse; nothing is changed then
   */
  replace(setup: NodeSetup): boolean {
    if (isDeepStrictEqual(setup, this.#setup)) return false;
    const accepting = nodePortAddresses(setup.config.nodePorts, setup.node.addresses);
    this.#replaceDesired(buildDesiredNode(setup.config, setup.node, this.#allServiceCIDRs()));
    this.#nodePortAddresses = accepting;
    this.#setup = setup;
    return true;
  }

  putServiceCIDR(name: string, cidrs: readonly Cidr[]): void {
    this.#serviceCIDRs.set(name, cidrs);
    this.#serviceCIDRsChanged();
  }

  deleteServiceCIDR(name: string): void {
    if (this.#serviceCIDRs.delete(name)) this.#serviceCIDRsChanged();
  }

  #serviceCIDRsChanged(): void {
    const { config, node } = this.#setup;
    this.#replaceDesired(buildDesiredNode(config, node, this.#allServiceCIDRs()));
  }

  #replaceDesired(desired: DesiredNode): void {
    if (isDeepStrictEqual(desired, this.#desired)) return;
    this.#desired = desired;
    this.#isChanged = true;
  }

  #allServiceCIDRs(): readonly Cidr[] {
    return [...this.#serviceCIDRs.values()].flat();
  }
}
