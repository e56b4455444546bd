import type { SocketAddress } from "../../../platform/ip/socket-address.ts";

/** All flows of one protocol and family that clients sent to `destination` and that `replySource` answers. */
export interface FlowGroup {
  readonly destination: SocketAddress;
  /** The endpoint they were translated to; `destination` itself where they were not. */
  readonly replySource: SocketAddress;
}
