import { isDeepStrictEqual } from "node:util";
import { apiGroupVersion, type Condition, type NodeProxy, type NodeProxyStatus } from "../../crds/api.ts";
import { backoffDelayMs } from "../../platform/async/backoff.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import { WakeSignal } from "../../platform/async/wake-signal.ts";
import type { AgentFacts } from "./agent-facts.ts";
import { buildStatus, significantPart } from "./build-status.ts";
import { formatTime } from "../../platform/kube/time.ts";

const fieldManager = "kubesteer-agent";
const debounceMs = 1_000;
const retryBackoff = { baseDelayMs: 1_000, maxDelayMs: 30_000 };
const requestTimeoutMs = 10_000;

export interface StatusWriterDeps {
  readonly api: Pick<ApiClient, "apply">;
  /** undefined while there is nothing to report. */
  readonly collectFacts: () => AgentFacts | undefined;
  /** Longest time between two writes. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Writes the status of the node's NodeProxy: a second after something of interest changed, and as a heartbeat. Never
 * once per sync: counts and times go along with the next write.
 */
export class StatusWriter {
  readonly #deps: StatusWriterDeps;
  readonly #wakeSignal: WakeSignal;
  #nodeProxy: Pick<NodeProxy, "metadata"> | undefined;
  #conditions: readonly Condition[] = [];
  #written: { readonly part: object; readonly atMs: number } | undefined;
  #failures = 0;

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** The NodeProxy as the API server has it; undefined when it is gone, and with it the place for a status. */
  setNodeProxy(nodeProxy: Pick<NodeProxy, "metadata" | "status"> | undefined): void {
    if (nodeProxy?.metadata.uid !== this.#nodeProxy?.metadata.uid) {
      this.#conditions = nodeProxy?.status?.conditions ?? [];
      this.#written = undefined;
    }
    this.#nodeProxy = nodeProxy;
    this.#wakeSignal.wake();
  }

  /** Something that the status shows may have changed. */
  requestWrite(): void {
    this.#wakeSignal.wake();
  }

  /** Runs until `signal` aborts. Never rejects: the node works as well without its status. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      await this.#wakeSignal.wait(this.#longestWaitMs(), signal);
      await clock.sleep(debounceMs, signal);
      if (!signal.aborted) await this.#writeIfDue(signal);
    }
  }

  #longestWaitMs(): number {
    if (this.#failures > 0) return backoffDelayMs(this.#failures, retryBackoff);
    const { heartbeatMs, clock } = this.#deps;
    const dueInMs =
      this.#written === undefined ? heartbeatMs : this.#written.atMs + heartbeatMs - clock.monotonicMs();
    return Math.max(0, dueInMs - debounceMs);
  }

  async #writeIfDue(signal: AbortSignal): Promise<void> {
    const { collectFacts, clock, heartbeatMs } = this.#deps;
    const facts = collectFacts();
    const nodeProxy = this.#nodeProxy;
    if (facts === undefined || nodeProxy === undefined) return;
    const status = buildStatus(facts, this.#conditions, formatTime(clock.now()));
    const part = significantPart(status);
    const isHeartbeat =
      this.#written === undefined || clock.monotonicMs() - this.#written.atMs >= heartbeatMs;
    if (isHeartbeat || !isDeepStrictEqual(part, this.#written?.part)) {
      await this.#write(nodeProxy.metadata, status, part, signal);
    }
  }

  async #write(
    { name, uid }: NodeProxy["metadata"],
    status: NodeProxyStatus,
    part: object,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, clock, log } = this.#deps;
    const object = { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name }, status };
    try {
      await api.apply(resources.nodeProxies, object, {
        fieldManager,
        subresource: "status",
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
      });
      this.#failures = 0;
      if (uid !== this.#nodeProxy?.metadata.uid) return;
      this.#conditions = status.conditions ?? [];
      this.#written = { part, atMs: clock.monotonicMs() };
    } catch (error) {
      if (signal.aborted) return;
      this.#failures += 1;
      if (this.#failures === 1) log.warn({ error }, "status could not be written, trying again");
    }
  }
}
