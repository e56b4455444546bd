import type { ProxyMode } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { IpAddress } from "../../platform/ip/address.ts";
import type { Protocol } from "../../platform/ip/protocol.ts";
import type { Logger } from "../../platform/log.ts";
import type { CommandRunner } from "../kernel/command/command.ts";
import type { DesiredState, Port, ServiceName } from "../services/desired-state.ts";

/** Programs one node's kernel with service routing. One implementation per proxy mode. */
export interface Dataplane {
  readonly mode: ProxyMode;
  /**
   * Whether the mode itself sends connections to the endpoint with the fewest. Otherwise the agent counts connections and
   * LeastConnection means a random choice by weights that follow the counts.
   * @default false
   */
  readonly hasLeastConnection?: boolean;
  /** What this node lacks for the mode, e.g. "nft 1.0.1 or newer: apt-get install nftables". Empty means usable. Reads only. */
  missingRequirements(): Promise<readonly string[]>;
  /** Whether the kernel has rules of this mode, also of an earlier process. Cheap, however many there are. */
  hasRules(): Promise<boolean>;
  /**
   * Makes the kernel match `desired`. Idempotent, atomic per IP family where the kernel can. A Service the kernel refuses
   * is left out (its previous rules removed) and reported; all others are programmed. Rejects only when nothing could be
   * programmed; the next call must then be a full one.
   */
  sync(desired: DesiredState, scope: SyncScope): Promise<SyncReport>;
  /**
   * Tells `observer` within a second what others change in the kernel state of this mode, from the next full sync until
   * {@link Dataplane.cleanup} or {@link Dataplane.close}. Absent where the mode cannot tell; full syncs still repair it.
   */
  watchDrift?(observer: DriftObserver): void;
  /** Counts connections to all frontends, of which there may be many. Absent where the mode does not count; may reject. */
  readFrontendCounts?(): Promise<readonly FrontendCount[]>;
  /** Removes all this mode can have left on the node, also from an earlier process. Idempotent. */
  cleanup(): Promise<void>;
  /** Ends helper processes; kernel state stays. */
  close(): Promise<void>;
}

/** New connections to a frontend since it was last programmed. */
export interface FrontendCount {
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly port: Port;
  readonly connections: number;
}

export interface DriftObserver {
  /** Never called for what the agent does itself. */
  onForeignChange(change: ForeignChange): void;
  /** Why changes of others are not noticed at present; undefined when they are. Also called when nothing is new. */
  onWatchChange(problem: string | undefined): void;
  /** Everything was programmed anew: earlier foreign changes are gone. */
  onRestored(): void;
}

/** Somebody else has changed what this mode has put into the kernel. */
export interface ForeignChange {
  /** undefined when only the result was seen. */
  readonly culprit: Culprit | undefined;
  /** What was done, as in `deleted table ip kubesteer`. */
  readonly what: string;
}

/** A process, as far as the kernel tells. It may have ended since, and in a pod others cannot be looked at. */
export interface Culprit {
  /** As seen outside all containers. */
  readonly processId: number;
  /** At most 15 characters. */
  readonly name: string;
  /** Its command line; undefined when it cannot be read any more. */
  readonly command: string | undefined;
  /** Command line of the process that started it; undefined likewise. */
  readonly startedBy: string | undefined;
}

export type SyncScope =
  | { readonly kind: "full" }
  /** `services` changed, appeared or vanished; the node facts are those of the last sync. */
  | { readonly kind: "partial"; readonly services: ReadonlySet<ServiceName> };

export interface SyncReport {
  /** What was done: a full sync also where a partial one found the kernel not as it should be. */
  readonly scope: SyncScope["kind"];
  /** Kernel objects added or deleted. */
  readonly changes: number;
  /** Service ports and endpoints now in the kernel, both families. */
  readonly servicePorts: number;
  readonly endpoints: number;
  /** What some Services ask for and this mode does not do, of all Services now programmed. */
  readonly unsupported: readonly UnsupportedFeature[];
  /** Services that the kernel refused. */
  readonly rejected: readonly RejectedService[];
}

export interface UnsupportedFeature {
  readonly service: ServiceName;
  /** Field path in the Service or ProxyConfig, such as `scheduling.algorithm LeastConnection`. */
  readonly feature: string;
  /** Why, and what is done instead. */
  readonly reason: string;
}

export interface RejectedService {
  readonly service: ServiceName;
  /** The kernel's or the tool's own words, first line. */
  readonly reason: string;
}

/** What every mode gets from the agent. */
export interface DataplaneDeps {
  readonly commands: CommandRunner;
  readonly log: Logger;
  readonly clock: Clock;
}

export type DataplaneFactory = (deps: DataplaneDeps) => Dataplane;
