import type { ProxyMode, SchedulingAlgorithm } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Mutex } from "../../platform/async/mutex.ts";
import type { IpAddress } from "../../platform/ip/address.ts";
import type { Protocol } from "../../platform/ip/protocol.ts";
import type { Logger } from "../../platform/log.ts";
import type { CommandRunner } from "../kernel/command/command.ts";
import type { UdpServicePort } from "../services/catalog/udp-service-ports.ts";
import type { ConnectionCounts } from "../services/endpoints/endpoint-connections.ts";
import type { DesiredNode, DesiredService, Port, ServiceName } from "../services/desired-state.ts";
import type { DriftObserver } from "./foreign-change.ts";

/**
 * Programs one node's kernel with Service routing. One implementation per proxy mode. Only its `DataplaneRunner` calls
 * `refill`, `update`, `cleanup` and `close`, one at a time.
 */
export interface Dataplane {
  readonly mode: ProxyMode;
  readonly abilities: Abilities;
  /** What this node lacks for the mode, e.g. "nft 1.0.1 or newer: apt-get install nftables". Empty means usable. Reads only. */
  missingRequirements(): Promise<readonly string[]>;
  /** Versions of the tools that the mode runs, by name; without those that are not installed. Never rejects. */
  toolVersions(): Promise<Readonly<Record<string, string>>>;
  /**
   * Whether the node has rules of this mode, also of an earlier process. Without the mode's tool there are none. Cheap, however
   * many there are.
   */
  hasState(): Promise<boolean>;
  /**
   * Makes the kernel match `share`, whatever it held, in the order of `share.services` where that takes several steps. Packets
   * of Services that stay are served all the time. When all is rewritten, and before telling what changed meanwhile, it calls
   * {@link DriftObserver.onRestored}. Rejects only when nothing could be programmed.
   */
  refill(share: ModeShare): Promise<Applied>;
  /**
   * Makes the kernel match `share` for the Services in `changed`, at a cost that depends on them only. Without any it checks that
   * the kernel still holds the last result.
   * @throws {OutOfStepError} when the kernel does not hold the last result, or a refill is needed; the runner then refills
   */
  update(share: ModeShare, changed: ReadonlySet<ServiceName>): Promise<Applied>;
  /**
   * Why this Service cannot be written, without touching the kernel; undefined when it can. The runner asks after a call that
   * threw, and repeats that call without the Services at fault. Absent where writing cannot throw because of one Service.
   */
  findFault?(service: DesiredService): string | undefined;
  /**
   * Notifies `observer` within a second of external changes of this mode's kernel state, from the next refill until
   * {@link Dataplane.cleanup} or {@link Dataplane.close}. Absent where the mode cannot tell; full syncs still repair them.
   */
  watchDrift?(observer: DriftObserver): void;
  /** New connections to all frontends, of which there may be many. Absent where the mode does not count; may reject. */
  readFrontendCounts?(): Promise<readonly FrontendCount[]>;
  /** Open connections that the mode has sent to endpoints and conntrack does not show as translated; may reject. */
  countConnections?(): Promise<ConnectionCounts>;
  /**
   * With `flows: "own"`: ends the UDP flows of these Services whose endpoint is not in the list. Returns how many it ended.
   * May reject; it is then repeated.
   */
  releaseFlows?(changed: ReadonlyMap<ServiceName, readonly UdpServicePort[]>): Promise<number>;
  /** Removes everything this mode can have left on the node, also from an earlier process. Idempotent. */
  cleanup(): Promise<void>;
  /** Ends helper processes; kernel state stays. */
  close(): Promise<void>;
}

/** What a mode can do. What Services ask for beyond it is listed in the status. */
export interface Abilities {
  /** Ports that ask for another algorithm are served as with Random, which every mode has. */
  readonly algorithms: ReadonlySet<SchedulingAlgorithm>;
  /** Ports with another protocol are not served. */
  readonly protocols: ReadonlySet<Protocol>;
  /** Session affinity. Without it each connection may go to another endpoint. */
  readonly affinity: boolean;
  /** loadBalancerSourceRanges. Without it frontends that have them are not served at all. */
  readonly sourceRanges: boolean;
  /**
   * The mode itself sends connections to the endpoint with the fewest. Otherwise the agent counts connections, and
   * LeastConnection means a random choice by weights that follow the counts.
   */
  readonly kernelLeastConnection: boolean;
  /**
   * Who has to end UDP flows whose endpoint is gone. `conntrackNat`: flows are translated by conntrack, and the agent deletes
   * its entries. `own`: {@link Dataplane.releaseFlows}. `none`: flows need no help.
   */
  readonly flows: "conntrackNat" | "own" | "none";
  /** NodePorts answer on loopback addresses without a relay of the agent. */
  readonly servesLoopback: boolean;
  /** Services are served while no agent runs. */
  readonly survivesAgent: boolean;
}

/** What one mode of a node has to serve. The maps are live: they are read during the call and not kept. */
export interface ModeShare {
  readonly node: DesiredNode;
  readonly services: ReadonlyMap<ServiceName, DesiredService>;
  /** Services that other modes of this node serve: packets to their addresses must pass untouched. */
  readonly elsewhere: ReadonlyMap<ServiceName, DesiredService>;
}

/** What one call did. */
export interface Applied {
  /** Kernel objects added or deleted. */
  readonly changes: number;
  /** Services of this call that the kernel or a tool refused. Nothing of them is left; all others are programmed. */
  readonly rejected: readonly RejectedService[];
}

export interface RejectedService {
  readonly service: ServiceName;
  /** The kernel's or the tool's own words, first line. */
  readonly reason: string;
}

/** An update cannot be done: the kernel does not hold what the mode has written, or a refill is needed for another reason. */
export class OutOfStepError extends Error {
  override readonly name = "OutOfStepError";
}

/** New connections to a frontend since it was last programmed. */
export interface FrontendCount {
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly port: Port;
  readonly connections: number;
}

/** What every mode gets from the agent. */
export interface DataplaneDeps {
  readonly commands: CommandRunner;
  /** The runner makes all its calls in it. Work that a mode does on its own, such as delayed removals, runs in it too. */
  readonly inTurn: Mutex;
  readonly log: Logger;
  readonly clock: Clock;
}

export type DataplaneFactory = (deps: DataplaneDeps) => Dataplane;
