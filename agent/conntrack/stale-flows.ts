import { compareAddresses, type IpAddress } from "../../platform/ip/address.ts";
import type { UdpServicePort } from "../services/udp-service-ports.ts";

/** Where packets go. The port is 0–65535: packets of strangers may have any. */
export interface FlowEnd {
  readonly address: IpAddress;
  readonly port: number;
}

/** All flows of one protocol and family that clients sent to `destination` and that `replySource` answers. */
export interface FlowGroup {
  readonly destination: FlowEnd;
  /** The endpoint they were translated to; `destination` itself where they were not. */
  readonly replySource: FlowEnd;
}

/** What may become of the flows to an address that is, or was, a frontend. */
export type FrontendState =
  | ({ readonly kind: "served" } & Pick<UdpServicePort, "endpoints">)
  /** No Service has it any more. */
  | { readonly kind: "removed" };

/** UDP frontends by {@link frontendKey}. */
export type Frontends = ReadonlyMap<string, FrontendState>;

/** Identifies an address and port. */
export function frontendKey({ address, port }: FlowEnd): string {
  return `${address} ${port}`;
}

/**
 * The flows that would keep a client from a working endpoint: those whose endpoint does not answer any more, and those that
 * began before there was an endpoint and so were never translated. Of a frontend that is gone only the translated ones: the
 * rest go to whoever else has the address. Each once, in order.
 */
export function findStaleFlows(frontends: Frontends, flows: Iterable<FlowGroup>): readonly FlowGroup[] {
  const candidates = new Map<string, { readonly flow: FlowGroup; readonly frontend: FrontendState }>();
  for (const flow of flows) {
    const destination = frontendKey(flow.destination);
    const frontend = frontends.get(destination);
    if (frontend === undefined) continue;
    candidates.set(`${destination} ${frontendKey(flow.replySource)}`, { flow, frontend });
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

function isSame(left: FlowEnd, right: FlowEnd): boolean {
  return left.address === right.address && left.port === right.port;
}

function compareSockets(left: FlowEnd, right: FlowEnd): number {
  return compareAddresses(left.address, right.address) || left.port - right.port;
}
