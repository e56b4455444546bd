import { createHash } from "node:crypto";
import { endpointPort, servicePort, type PlannedService } from "../cluster/workload.ts";

const table = "ip chain-per-service";

/**
 * Rules in the layout of kube-proxy 1.31 to 1.36 for Services without session affinity: one chain per service port with one
 * rule, which contains the endpoints. Only the base chains that a new connection needs.
 */
export function renderLayout(services: readonly PlannedService[]): string {
  const lines = [
    `add table ${table}`,
    `add map ${table} service-ips { typeof ip daddr . meta l4proto . th dport : verdict; }`,
    `add chain ${table} services`,
    `add chain ${table} nat-prerouting { type nat hook prerouting priority -100; }`,
    `add chain ${table} nat-output { type nat hook output priority -100; }`,
    `add rule ${table} services ip daddr . meta l4proto . th dport vmap @service-ips`,
    `add rule ${table} nat-prerouting jump services`,
    `add rule ${table} nat-output jump services`,
    ...services.flatMap((service) => [`add chain ${table} ${chainOf(service)}`, renderRule(service)]),
    ...services.map(
      (service) =>
        `add element ${table} service-ips { ${service.clusterIP} . tcp . ${servicePort} : goto ${chainOf(service)} }`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** The transaction that replaces the endpoints of one Service. */
export function renderChange(service: PlannedService): string {
  return `flush chain ${table} ${chainOf(service)}\n${renderRule(service)}\n`;
}

function renderRule(service: PlannedService): string {
  const { endpointAddresses } = service;
  const slots = endpointAddresses.map((address, slot) => `${slot} : ${address} . ${endpointPort}`);
  const choice = `numgen random mod ${endpointAddresses.length} map { ${slots.join(", ")} }`;
  return `add rule ${table} ${chainOf(service)} meta l4proto tcp dnat ip to ${choice}`;
}

function chainOf({ namespace, name }: PlannedService): string {
  const hash = createHash("sha256").update(`${namespace}/${name}`).digest("hex").slice(0, 8).toUpperCase();
  return `service-${hash}-${namespace}/${name}/tcp/http`;
}
