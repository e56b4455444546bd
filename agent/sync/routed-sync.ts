import type { ProxyMode } from "../../crds/api.ts";
import type { RejectedService } from "../dataplane/dataplane.ts";
import type { UnsupportedFeature } from "../dataplane/find-unsupported.ts";
import type { ModeReport, SyncScope } from "../dataplane/mode-report.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { ModeFailure } from "./failing-modes.ts";

/** What a running mode has in the kernel. */
export type RunningMode = Pick<ModeReport, "mode" | "services" | "servicePorts" | "endpoints">;

export interface RefusedService extends RejectedService {
  readonly mode: ProxyMode;
  /** The mode that serves the Service instead; undefined when none does. */
  readonly servedBy: ProxyMode | undefined;
}

/** All modes together. */
export interface SyncReport {
  /** Kernel objects added or deleted. */
  readonly changes: number;
  /** Service ports and endpoints now in the kernel, both families. */
  readonly servicePorts: number;
  readonly endpoints: number;
  /** What Services ask for and do not get from the mode that serves them, or because another mode serves them. */
  readonly unsupported: readonly UnsupportedFeature[];
  /** Services that the kernel refused. */
  readonly rejected: readonly RefusedService[];
}

/** What one sync of all modes did. */
export interface RoutedSync {
  /** Full when every mode that was synced was refilled. */
  readonly scope: SyncScope["kind"];
  readonly report: SyncReport;
  /** The main mode first. */
  readonly modes: readonly RunningMode[];
  /** Modes whose rules may have been missing before. */
  readonly refilled: ReadonlySet<ProxyMode>;
  /** After a partial sync: Services that another mode serves now. */
  readonly moved: ReadonlySet<ServiceName>;
  /** Modes besides the main one that fail. */
  readonly failing: readonly ModeFailure[];
}

/** Adds up the modes. */
export function sumModes({
  done,
  running,
  unsupported,
  servedBy,
}: {
  /** What the sync did to each mode that it tried with success. */
  readonly done: ReadonlyMap<ProxyMode, ModeReport>;
  /** The newest report of each running mode, the main one first. */
  readonly running: readonly ModeReport[];
  /** What Services do not get because another mode serves them. */
  readonly unsupported: readonly UnsupportedFeature[];
  readonly servedBy: (service: ServiceName) => ProxyMode | undefined;
}): Pick<RoutedSync, "scope" | "report" | "modes" | "refilled"> {
  const refilled = [...done.values()].filter(({ scope }) => scope === "full").map(({ mode }) => mode);
  return {
    scope: refilled.length === done.size ? "full" : "partial",
    refilled: new Set(refilled),
    modes: running.map(({ mode, services, servicePorts, endpoints }) => ({
      mode,
      services,
      servicePorts,
      endpoints,
    })),
    report: {
      changes: sum([...done.values()].map(({ changes }) => changes)),
      servicePorts: sum(running.map(({ servicePorts }) => servicePorts)),
      endpoints: sum(running.map(({ endpoints }) => endpoints)),
      unsupported: [...running.flatMap((report) => report.unsupported), ...unsupported],
      rejected: running.flatMap(({ mode, rejected }) =>
        rejected.map((refused) => ({ ...refused, mode, servedBy: servedBy(refused.service) })),
      ),
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
