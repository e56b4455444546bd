import type { NodeProxy, ProxyConfig } from "../../crds/api.ts";
import type { NodeFacts } from "../../crds/node-facts.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import { watchObject } from "../watch/watch-object.ts";
import { nodeSettingsOf } from "./config-file.ts";
import { emptyLadder, nextLadder, type SettingsEvent, type SettingsLadder } from "./ladder.ts";
import { logSettings } from "./log-settings.ts";
import { type NodeProxyReading, parseNodeProxy } from "./parse-node-proxy.ts";
import { StoredSettings } from "./stored-settings.ts";

type ReportedNodeProxy = Pick<NodeProxy, "metadata" | "status">;

export interface NodeSettingsDeps {
  readonly nodeName: string;
  /** From a file; undefined takes the settings from the NodeProxy of the node. */
  readonly config: ProxyConfig | undefined;
  /** Where proven settings are stored for the next process. */
  readonly stateDir: string;
  /** Called after each event of the ladder. */
  readonly onChange: (now: SettingsLadder, before: SettingsLadder) => void;
  /** The NodeProxy has changed; undefined when there is none. Not called with a file. */
  readonly onNodeProxy: (nodeProxy: ReportedNodeProxy | undefined) => void;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The ladder of this node, and its sources: first the settings that an earlier process stored, then those of the
 * NodeProxy, or those of a file joined with the facts of the Node.
 */
export class NodeSettings {
  readonly #deps: NodeSettingsDeps;
  readonly #stored: StoredSettings;
  #ladder = emptyLadder;
  #nodeProxy: ReportedNodeProxy | undefined;

  constructor(deps: NodeSettingsDeps) {
    this.#deps = deps;
    this.#stored = new StoredSettings({ directory: deps.stateDir, log: deps.log });
  }

  get ladder(): SettingsLadder {
    return this.#ladder;
  }

  /** As the API server has it; undefined when there is none, and with a file. */
  get nodeProxy(): Pick<NodeProxy, "metadata"> | undefined {
    return this.#nodeProxy;
  }

  /** What has to arrive before there are any settings. */
  waitingFor(): string {
    if (this.#deps.config !== undefined) return "the Node of this node";
    return this.#ladder.unusable === undefined
      ? "the NodeProxy of this node"
      : "a NodeProxy that can be used";
  }

  tell(event: SettingsEvent): void {
    const before = this.#ladder;
    const now = nextLadder(before, event);
    this.#ladder = now;
    logSettings(this.#deps.log, now, before);
    if (event.kind === "synced" && now.proven !== undefined && now.proven !== before.proven)
      this.#stored.store(now.proven);
    this.#deps.onChange(now, before);
  }

  /** Loads the settings that an earlier process stored. To be called first. Never rejects. */
  async restore(): Promise<void> {
    const settings = await this.#stored.read();
    if (settings === undefined) return;
    this.tell({ kind: "restored", settings });
    this.setNodeFacts(settings.node);
  }

  /** With a file, the facts of the Node complete the settings. The operator does that for a NodeProxy. */
  setNodeFacts(facts: NodeFacts): void {
    const { config } = this.#deps;
    if (config !== undefined) this.tell({ kind: "received", settings: nodeSettingsOf(config, facts) });
  }

  /** Follows the NodeProxy until `signal` aborts; a file is not followed. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, nodeName, client, clock, log } = this.#deps;
    if (config !== undefined) return;
    await watchObject({
      client,
      clock,
      log,
      signal,
      resource: resources.nodeProxies,
      name: nodeName,
      read: parseNodeProxy,
      onChange: (reading) => this.#onNodeProxy(reading),
    });
  }

  /** Resolves when all settings to be stored are written or given up. */
  settled(): Promise<void> {
    return this.#stored.settled();
  }

  #onNodeProxy(reading: NodeProxyReading | undefined): void {
    const { nodeName, onNodeProxy, log } = this.#deps;
    if (reading === undefined) log.warn({ node: nodeName }, "the node has no NodeProxy");
    this.#nodeProxy = reading?.nodeProxy;
    this.tell(eventOf(reading));
    onNodeProxy(reading?.nodeProxy);
  }
}

function eventOf(reading: NodeProxyReading | undefined): SettingsEvent {
  if (reading === undefined) return { kind: "absent" };
  return reading.kind === "unusable"
    ? { kind: "unusable", reason: reading.reason }
    : { kind: "received", settings: reading.nodeProxy.spec };
}
