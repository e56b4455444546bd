import {
  addressBytes,
  addressFromBytes,
  parseIpAddress,
  type Cidr,
  type IpAddress,
  type IpFamily,
} from "../../../../platform/ip/address.ts";
import {
  cidrAddress,
  cidrContains,
  cidrFamily,
  cidrPrefixLength,
  maxPrefixLength,
} from "../../../../platform/ip/cidr.ts";
import { arrayAt, numberAt, stringAt, stringsAt } from "../../json-value.ts";
import type { KubeObject } from "../../kube-object.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** Range of node ports, as in kube-apiserver's --service-node-port-range. */
export const nodePortRange = { first: 30_000, last: 32_767 } as const;

/** The cluster IPs and node ports of the stored Services. */
export class Allocations {
  readonly serviceCIDRs: readonly Cidr[];
  readonly #addresses = new Map<string, string>();
  readonly #nodePorts = new Map<string, string>();
  readonly #nextOffset = new Map<Cidr, bigint>();
  #nextNodePort: number = nodePortRange.first;

  constructor(store: ObjectStore, serviceCIDRs: readonly Cidr[]) {
    this.serviceCIDRs = serviceCIDRs;
    for (const service of store.list("services")) this.#hold(service);
    store.subscribe(({ key, object, previous }) => {
      if (key.resource !== "services") return;
      if (previous !== undefined) this.#release(previous);
      if (store.get(key) !== undefined) this.#hold(object);
    });
  }

  /** The service range of an IP family, `undefined` if the cluster has none. */
  rangeOf(family: IpFamily): Cidr | undefined {
    return this.serviceCIDRs.find((cidr) => cidrFamily(cidr) === family);
  }

  /** Namespace and name of the Service that holds the address. */
  holderOf(address: IpAddress): string | undefined {
    return this.#addresses.get(address);
  }

  /** Namespace and name of the Service that holds the node port. */
  nodePortHolder(protocol: string, port: number): string | undefined {
    return this.#nodePorts.get(`${protocol}/${port}`);
  }

  /** A free address; addresses in the static band are reserved for explicit requests. `undefined` if all are in use. */
  freeAddress(range: Cidr): IpAddress | undefined {
    const { first, last, band } = usableOffsets(range);
    const start = this.#nextOffset.get(range) ?? first + band;
    for (let step = 0n; step <= last - first; step += 1n) {
      const offset = first + ((start - first + step) % (last - first + 1n));
      const address = addressAt(range, offset);
      if (this.#addresses.has(address)) continue;
      this.#nextOffset.set(range, offset + 1n > last ? first + band : offset + 1n);
      return address;
    }
    return undefined;
  }

  /** A port that no Service uses and that is not in `taken`; `undefined` if there is none. */
  freeNodePort(taken: ReadonlySet<number>): number | undefined {
    const size = nodePortRange.last - nodePortRange.first + 1;
    for (let step = 0; step < size; step += 1) {
      const port = nodePortRange.first + ((this.#nextNodePort - nodePortRange.first + step) % size);
      const isHeld = ["TCP", "UDP", "SCTP"].some((protocol) => this.#nodePorts.has(`${protocol}/${port}`));
      if (isHeld || taken.has(port)) continue;
      this.#nextNodePort = port + 1 > nodePortRange.last ? nodePortRange.first : port + 1;
      return port;
    }
    return undefined;
  }

  #hold(service: KubeObject): void {
    const holder = nameOf(service);
    for (const address of heldAddresses(service)) this.#addresses.set(address, holder);
    for (const port of heldNodePorts(service)) this.#nodePorts.set(port, holder);
  }

  #release(service: KubeObject): void {
    for (const address of heldAddresses(service)) this.#addresses.delete(address);
    for (const port of heldNodePorts(service)) this.#nodePorts.delete(port);
  }
}

/** `namespace/name`. */
export function nameOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** Whether the address is in the range and neither its network nor, for IPv4, its broadcast address. */
export function isUsable(range: Cidr, address: IpAddress): boolean {
  const { first, last } = usableOffsets(range);
  if (!cidrContains(range, address)) return false;
  const offset = toNumber(address) - toNumber(cidrAddress(range));
  return offset >= first && offset <= last;
}

function usableOffsets(range: Cidr): {
  readonly first: bigint;
  readonly last: bigint;
  readonly band: bigint;
} {
  const hostBits = BigInt(maxPrefixLength(cidrFamily(range)) - cidrPrefixLength(range));
  const size = 1n << hostBits;
  const last = cidrFamily(range) === "IPv4" ? size - 2n : size - 1n;
  return { first: 1n, last, band: staticBand(size) };
}

/** Size of the static band at the start of the range, which is allocated last; KEP-3070: min(max(16, size / 16), 256). */
function staticBand(size: bigint): bigint {
  if (size <= 32n) return 0n;
  const sixteenth = size / 16n;
  if (sixteenth < 16n) return 16n;
  return sixteenth > 256n ? 256n : sixteenth;
}

function toNumber(address: IpAddress): bigint {
  return BigInt(`0x${Buffer.from(addressBytes(address)).toString("hex")}`);
}

function addressAt(range: Cidr, offset: bigint): IpAddress {
  const bytes = addressBytes(cidrAddress(range)).length;
  const hex = (toNumber(cidrAddress(range)) + offset).toString(16).padStart(bytes * 2, "0");
  return addressFromBytes(new Uint8Array(Buffer.from(hex, "hex")));
}

function heldAddresses(service: KubeObject): readonly string[] {
  return stringsAt(service, "spec", "clusterIPs")
    .filter((address) => address !== "None" && address !== "")
    .map((address) => parseIpAddress(address));
}

function heldNodePorts(service: KubeObject): readonly string[] {
  const ports = arrayAt(service, "spec", "ports").flatMap((port) => {
    const nodePort = numberAt(port, "nodePort");
    return nodePort === undefined ? [] : [`${stringAt(port, "protocol") ?? "TCP"}/${nodePort}`];
  });
  const healthCheck = numberAt(service, "spec", "healthCheckNodePort") ?? 0;
  return healthCheck === 0 ? ports : [...ports, `TCP/${healthCheck}`];
}
