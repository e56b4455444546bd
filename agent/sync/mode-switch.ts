import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import type { Dataplane } from "../dataplane/dataplane.ts";
import { allowedModes } from "../settings/allowed-modes.ts";
import { chooseMode, type MissingRequirements, type ModeChoice } from "./choose-mode.ts";

export type UsableMode = Extract<ModeChoice, { readonly kind: "usable" }> & { readonly dataplane: Dataplane };
export type UnusableMode = Extract<ModeChoice, { readonly kind: "unusable" }>;

interface Choice {
  /** The modes that the settings allow, in order. */
  readonly allowed: string;
  readonly usable: UsableMode;
}

/** Decides which dataplane runs and removes what the others have left. */
export class ModeSwitch {
  readonly #dataplanes: ReadonlyMap<ProxyMode, Dataplane>;
  readonly #log: Logger;
  #missing: MissingRequirements = new Map();
  #chosen: Choice | undefined;
  /** For settings that are not in force yet. */
  #next: Choice | undefined;
  /** The only mode with rules in the kernel, once the rules of the others are known to be gone. */
  #soleMode: ProxyMode | undefined;

  constructor(deps: { readonly dataplanes: ReadonlyMap<ProxyMode, Dataplane>; readonly log: Logger }) {
    this.#dataplanes = deps.dataplanes;
    this.#log = deps.log;
  }

  /** What the node lacked for each mode when it was last looked at; empty before {@link choose}. */
  missing(): MissingRequirements {
    return this.#missing;
  }

  /** The dataplane of the mode to run, as last decided. */
  chosen(): Dataplane | undefined {
    return this.#chosen?.usable.dataplane;
  }

  /**
   * The mode to run. A usable one is kept until other modes are allowed, so that a passing trouble of the node does not
   * change its mode; while none is usable, each call looks at the node again.
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
   * Looks at the node for settings that are not in force, and changes nothing about the mode to run: why no mode of theirs
   * can run, without a full stop; undefined when {@link choose} will take one of them.
   */
  async findProblem(config: Pick<NodeProxyConfig, "mode" | "fallbackModes">): Promise<string | undefined> {
    this.#next = undefined;
    const choice = await this.#look(config);
    if (choice.kind === "unusable") return choice.reason;
    this.#next = { allowed: allowedModes(config).join(), usable: choice };
    return undefined;
  }

  /**
   * Whether the kernel has rules of any mode, also of an earlier process. True also where that cannot be told: what may be
   * there must not be replaced by something older. Never rejects.
   */
  async haveRules(): Promise<boolean> {
    for (const dataplane of this.#dataplanes.values()) if (await this.#mayHaveRules(dataplane)) return true;
    return false;
  }

  /** To be called when `mode` has proved good: removes the rules of all other modes, also from an earlier process. */
  async retireOthers(mode: ProxyMode): Promise<void> {
    if (this.#soleMode === mode) return;
    try {
      for (const dataplane of this.#dataplanes.values()) {
        if (dataplane.mode !== mode) await dataplane.cleanup();
      }
      this.#soleMode = mode;
    } catch (error) {
      this.#log.warn({ mode, error }, "rules of another mode could not be removed, trying again later");
    }
  }

  async #look(config: Pick<NodeProxyConfig, "mode" | "fallbackModes">): Promise<UsableMode | UnusableMode> {
    const modes = new Set([...allowedModes(config), ...this.#dataplanes.keys()]);
    this.#missing = await this.#findMissing(modes);
    const choice = chooseMode(config, this.#missing);
    if (choice.kind === "unusable") return choice;
    const dataplane = this.#dataplanes.get(choice.mode);
    if (dataplane === undefined) throw new Error(`mode ${choice.mode} was chosen without a dataplane`);
    return { ...choice, dataplane };
  }

  async #mayHaveRules(dataplane: Dataplane): Promise<boolean> {
    try {
      return await dataplane.hasRules();
    } catch (error) {
      const { mode } = dataplane;
      this.#log.warn({ mode, reason: errorMessage(error) }, "cannot look whether the kernel has rules");
      return true;
    }
  }

  async #findMissing(modes: ReadonlySet<ProxyMode>): Promise<MissingRequirements> {
    const missing = new Map<ProxyMode, readonly string[]>();
    for (const mode of modes) {
      const known = [...this.#dataplanes.keys()].join(", ");
      const what = await this.#dataplanes.get(mode)?.missingRequirements();
      missing.set(mode, what ?? [`this version of the agent has only ${known}`]);
    }
    return missing;
  }
}
