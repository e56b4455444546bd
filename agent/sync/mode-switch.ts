import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import type { Clause } from "../../platform/text/clause.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";
import { allowedModes } from "../settings/allowed-modes.ts";
import { chooseMode, onlyTheseModes, type MissingRequirements, type ModeChoice } from "./choose-mode.ts";

export type UsableMode = Extract<ModeChoice, { readonly kind: "usable" }>;
export type UnusableMode = Extract<ModeChoice, { readonly kind: "unusable" }>;

interface Choice {
  /** The modes that the settings allow, in order. */
  readonly allowed: string;
  readonly usable: UsableMode;
}

/** Decides which mode is the main one, by what the node can run. */
export class ModeSwitch {
  readonly #runners: ReadonlyMap<ProxyMode, DataplaneRunner>;
  readonly #log: Logger;
  #missing: MissingRequirements = new Map();
  #chosen: Choice | undefined;
  /** For settings that are not applied yet. */
  #next: Choice | undefined;

  constructor(deps: { readonly runners: ReadonlyMap<ProxyMode, DataplaneRunner>; readonly log: Logger }) {
    this.#runners = deps.runners;
    this.#log = deps.log;
  }

  /** What the node lacked for each mode at the last check; empty before {@link choose}. */
  missing(): MissingRequirements {
    return this.#missing;
  }

  /**
   * The mode to run. A usable one is kept until other modes are allowed, so that a temporary problem of the node does not
   * change its mode; while none is usable, each call checks the node again.
   */
  async choose(config: Pick<NodeProxyConfig, "mode" | "fallbackModes">): Promise<UsableMode | UnusableMode> {
    const allowed = allowedModes(config).join();
    if (this.#chosen?.allowed === allowed) return this.#chosen.usable;
    if (this.#next?.allowed === allowed) {
      this.#chosen = this.#next;
      return this.#next.usable;
    }
    const choice = await this.#look(config);
    if (choice.kind === "usable") this.#chosen = { allowed, usable: choice };
    return choice;
  }

  /**
   * Why the node can run no mode of settings that are not applied yet; undefined when {@link choose} will take one of them.
   * Does not change the mode to run.
   */
  async findProblem(config: Pick<NodeProxyConfig, "mode" | "fallbackModes">): Promise<Clause | undefined> {
    this.#next = undefined;
    const choice = await this.#look(config);
    if (choice.kind === "unusable") return choice.reason;
    this.#next = { allowed: allowedModes(config).join(), usable: choice };
    return undefined;
  }

  /**
   * Whether the kernel has rules of any mode, also of an earlier process. True also where this cannot be determined, so
   * that existing rules are never replaced by older ones. Never rejects.
   */
  async haveRules(): Promise<boolean> {
    for (const runner of this.#runners.values()) if (await this.#mayHaveRules(runner)) return true;
    return false;
  }

  /** Checks again what the node lacks for each mode, and keeps the mode to run. */
  async lookAgain(): Promise<void> {
    this.#missing = await this.#findMissing(new Set([...this.#missing.keys(), ...this.#runners.keys()]));
  }

  async #look(config: Pick<NodeProxyConfig, "mode" | "fallbackModes">): Promise<UsableMode | UnusableMode> {
    const modes = new Set([...allowedModes(config), ...this.#runners.keys()]);
    this.#missing = await this.#findMissing(modes);
    return chooseMode(config, this.#missing);
  }

  async #mayHaveRules({ mode, dataplane }: DataplaneRunner): Promise<boolean> {
    try {
      return await dataplane.hasState();
    } catch (error) {
      this.#log.warn({ mode, reason: errorMessage(error) }, "cannot look whether the kernel has rules");
      return true;
    }
  }

  async #findMissing(modes: ReadonlySet<ProxyMode>): Promise<MissingRequirements> {
    const missing = new Map<ProxyMode, readonly string[]>();
    for (const mode of modes) {
      const what = await this.#runners.get(mode)?.dataplane.missingRequirements();
      missing.set(mode, what ?? [onlyTheseModes(this.#runners.keys())]);
    }
    return missing;
  }
}
