import { cpus } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Meter } from "@opentelemetry/api";
import type { NodeProxyConfig } from "../../../crds/api.ts";
import type { Logger } from "../../../platform/log.ts";
import type { KernelSetting, RefusedSetting } from "../../kernel/proc/kernel-settings.ts";
import { planSysctls } from "./plan-sysctls.ts";

export interface ConntrackSettingsDeps {
  /** Writes settings that differ and returns those it cannot write. */
  readonly write: (settings: readonly KernelSetting[]) => Promise<readonly RefusedSetting[]>;
  readonly meter: Meter;
  readonly log: Logger;
}

/** Keeps the kernel's limits and timeouts of connection tracking as the settings say, as far as this process may. */
export class ConntrackSettings {
  readonly #deps: ConntrackSettingsDeps;
  #applied: NodeProxyConfig["conntrack"] | undefined;
  #refused: readonly RefusedSetting[] = [];

  constructor(deps: ConntrackSettingsDeps) {
    this.#deps = deps;
    deps.meter
      .createObservableGauge("kubesteer_refused_kernel_settings", {
        description: "Kernel settings of connection tracking that this agent may not write",
      })
      .addCallback((gauge) => gauge.observe(this.#refused.length));
  }

  /**
   * Writes what differs from the last time. The kernel module has to be there, as it is once rules for connections are. Never
   * rejects: what cannot be written is logged, and traffic does not depend on it.
   */
  async apply(config: NodeProxyConfig["conntrack"]): Promise<void> {
    if (isDeepStrictEqual(config, this.#applied)) return;
    this.#applied = config;
    const { write, log } = this.#deps;
    this.#refused = await write(planSysctls(config, cpus().length));
    if (this.#refused.length > 0) {
      log.warn(
        { refused: this.#refused },
        "some conntrack settings cannot be written, the kernel keeps its own",
      );
    }
  }
}
