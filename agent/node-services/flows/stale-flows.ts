import { compareAddresses } from "../../../platform/ip/address.ts";
import { type SocketAddress, socketKey } from "../../../platform/ip/socket-address.ts";
import type { FlowGroup } from "../../kernel/conntrack/flow-group.ts";
import type { UdpServicePort } from "../../services/catalog/udp-service-ports.ts";

/** What may become of the flows to an address that is, or was, a frontend. */
export type FrontendState =
  | ({ readonly kind: "served" } & Pick<UdpServicePort, "endpoints">)
  /** No Service has it any more. */
  | { readonly kind: "removed" };

/** UDP frontends by {@link socketKey}. */
export type Frontends = ReadonlyMap<string, FrontendState>;

/**
 * The flows that would keep a client from a working endpoint: those whose endpoint does not answer any more, and those that
 * began before there was an endpoint and so were never translated. Of a frontend that is gone only the translated ones: the
 * rest go to another owner of the address. Each once, in order.
 */
export function findStaleFlows(frontends: Frontends, flows: Iterable<FlowGroup>): readonly FlowGroup[] {
  const candidates = new Map<string, { readonly flow: FlowGroup; readonly frontend: FrontendState }>();
  for (const flow of flows) {
    const destination = socketKey(flow.destination);
    const frontend = frontends.get(destination);
    if (frontend === undefined) continue;
    candidates.set(`${destination} ${socketKey(flow.replySource)}`, { flow, frontend });
  }
  return [...candidates.values()]
    .filter(({ flow, frontend }) => isStale(flow, frontend))
    .map(({ flow }) => flow)
    .toSorted(
      (left, right) =>
        compareSockets(left.destination, right.destination) ||
        compareSockets(left.replySource, right.replySource),
    );
}

function isStale(flow: FlowGroup, frontend: FrontendState): boolean {
  if (frontend.kind === "removed") return isTranslated(flow);
  return !frontend.endpoints.some((endpoint) => isSame(endpoint, flow.replySource));
}

/** Whether the flows go somewhere else than where their clients sent them. */
export function isTranslated({ destination, replySource }: FlowGroup): boolean {
  return !isSame(replySource, destination);
}

function isSame(left: SocketAddress, right: SocketAddress): boolean {
  return left.address === right.address && left.port === right.port;
}

function compareSockets(left: SocketAddress, right: SocketAddress): number {
  return compareAddresses(left.address, right.address) || left.port - right.port;
}
