import type { NodeProxyConfig } from "../../crds/api.ts";
import { familyOf, type IpFamily } from "../../platform/ip/address.ts";
import { cidrFamily, parseCidr } from "../../platform/ip/cidr.ts";
import type { Clause } from "../../platform/text/clause.ts";
import { listSome } from "../../platform/text/list-some.ts";
import type { KeptService } from "./catalog/kept-service.ts";
import type { NodeAddresses } from "./node-facts.ts";
import { isLoopback, nodePortAddresses } from "./addresses/node-port-addresses.ts";

export interface NodeProblemInputs {
  readonly config: Pick<NodeProxyConfig, "nodePorts" | "localTraffic">;
  readonly addresses: NodeAddresses;
  /** Names of all interfaces of the node; undefined when they are not known. */
  readonly interfaces: readonly string[] | undefined;
  /** By name. */
  readonly services: Iterable<readonly [name: string, Pick<KeptService, "clusterIPs" | "ports">]>;
}

const namedAddresses = 5;

/** What the settings name and the node does not have, in a fixed order. */
export function findNodeProblems(inputs: NodeProblemInputs): readonly Clause[] {
  const { config, interfaces } = inputs;
  const missing = interfaces === undefined ? undefined : missingInterface(config.localTraffic, interfaces);
  return [
    ...unansweredNodePorts(inputs),
    ...(missing === undefined
      ? []
      : [
          `${missing} (spec.localTraffic.interface): pods' connections to ClusterIPs come from the node's address`,
        ]),
  ];
}

function unansweredNodePorts({ config, addresses, services }: NodeProblemInputs): readonly string[] {
  const chosen = config.nodePorts.addresses;
  if (chosen.includes("primary")) return [];
  const accepting = new Set(nodePortAddresses(config.nodePorts, addresses).map(familyOf));
  const cidrs = chosen.map((text) => parseCidr(text, { lenient: true }));
  return [...nodePortFamilies(services)].toSorted().flatMap((family) => {
    const named = cidrs.filter((cidr) => cidrFamily(cidr) === family && !isLoopback(cidr));
    if (named.length === 0 || accepting.has(family)) return [];
    const local = addresses.local.filter((address) => familyOf(address) === family);
    const where = `no address of this node is in spec.nodePorts.addresses (${named.join(", ")})`;
    return [`${where}: NodePorts do not answer over ${family}; it has ${listAddresses(local)}`];
  });
}

/** The families in which some Service has a NodePort. */
function nodePortFamilies(services: NodeProblemInputs["services"]): ReadonlySet<IpFamily> {
  const families = new Set<IpFamily>();
  for (const [, { clusterIPs, ports }] of services) {
    if (!ports.some(({ nodePort }) => nodePort !== undefined)) continue;
    for (const address of clusterIPs) families.add(familyOf(address));
    if (families.size === 2) break;
  }
  return families;
}

function missingInterface(
  { detect, interface: name }: NodeProxyConfig["localTraffic"],
  interfaces: readonly string[],
): string | undefined {
  if (name === undefined) return undefined;
  if (detect === "BridgeInterface" && !interfaces.includes(name)) return `interface ${name} does not exist`;
  if (detect === "InterfaceNamePrefix" && !interfaces.some((each) => each.startsWith(name)))
    return `no interface has a name that begins with ${name}`;
  return undefined;
}

function listAddresses(items: readonly string[]): string {
  return items.length === 0 ? "none" : listSome(items, namedAddresses);
}
