import { networkInterfaces } from "node:os";
import type { NodeProxySpec } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Logger } from "../../platform/log.ts";
import { buildNodeFacts, type NodeFacts } from "../services/node-facts.ts";
import { InterfaceNames, readDevices } from "./interface-names.ts";
import { LocalAddresses } from "./local-addresses.ts";

/** The node as its kernel reports it: addresses and interfaces. */
export class LocalNode {
  readonly #name: string;
  readonly #addresses: LocalAddresses;
  readonly #interfaces: InterfaceNames;

  /** @param deps.name of the Node */
  constructor({ name, clock, log }: { readonly name: string; readonly clock: Clock; readonly log: Logger }) {
    this.#name = name;
    this.#addresses = new LocalAddresses({ listInterfaces: networkInterfaces, clock, log });
    this.#interfaces = new InterfaceNames({ readDevices, clock });
    this.#interfaces.read();
  }

  /** What the settings say about the node, with the addresses that it has now. */
  readFacts(node: NodeProxySpec["node"]): NodeFacts {
    return buildNodeFacts(this.#name, node, this.#addresses.read());
  }

  /** Names of all interfaces; undefined when they cannot be read. */
  get interfaceNames(): readonly string[] | undefined {
    return this.#interfaces.known;
  }

  /** Calls back when addresses or interface names differ from before, until `signal` aborts. */
  async watch(
    observer: { readonly onAddressesChange: () => void; readonly onInterfacesChange: () => void },
    signal: AbortSignal,
  ): Promise<void> {
    await Promise.all([
      this.#addresses.watch(observer.onAddressesChange, signal),
      this.#interfaces.watch(observer.onInterfacesChange, signal),
    ]);
  }
}
