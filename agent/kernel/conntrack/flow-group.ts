import type { IpAddress } from "../../../platform/ip/address.ts";

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
