import type { NodeProxy } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Contact } from "../../platform/kube/reflector.ts";
import { agentSilenceMs, type HeartbeatObservation } from "../plan/nodes/agent-silence.ts";

/** A quiet watch gets a bookmark about every minute. During a longer pause the watch or this process was not running. */
const longestCountedPauseMs = 90_000;

interface Heartbeat {
  readonly uid: string | undefined;
  readonly heartbeatAt: string | undefined;
  /** When this value was first seen, by {@link HeartbeatMonitor}'s own time. */
  readonly sinceMs: number;
  readonly seenChanging: boolean;
}

/**
 * Measures how long agents' heartbeats have stayed the same, as the node lifecycle controller of Kubernetes does for nodes.
 *
 * Its time advances only between two signs of life on the same connection of the watch of NodeProxies: while the API server is
 * away, agents cannot report either, and a connection that looks open may have been dead since the last sign.
 */
export class HeartbeatMonitor {
  readonly #clock: Clock;
  #timeMs = 0;
  #lastContactMs = 0;
  /** Heartbeats of agents that are not silent yet, the oldest first. */
  readonly #alive = new Map<string, Heartbeat>();
  readonly #silent = new Map<string, Heartbeat>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns whether an agent has become silent by now */
  contact(contact: Contact): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (contact === "event") this.#timeMs += Math.min(nowMs - this.#lastContactMs, longestCountedPauseMs);
    this.#lastContactMs = nowMs;
    const silentBefore = this.#silent.size;
    for (const [name, heartbeat] of this.#alive) {
      if (this.#timeMs - heartbeat.sinceMs < agentSilenceMs) break;
      this.#alive.delete(name);
      this.#silent.set(name, heartbeat);
    }
    return this.#silent.size > silentBefore;
  }

  /** @returns the state until now when the heartbeat has changed; else undefined */
  observe({ metadata: { name, uid }, status }: NodeProxy): HeartbeatObservation | undefined {
    const before = this.#alive.get(name) ?? this.#silent.get(name);
    const isSameObject = before !== undefined && before.uid === uid;
    const heartbeatAt = status?.heartbeatAt;
    if (isSameObject && before.heartbeatAt === heartbeatAt) return undefined;
    this.forget(name);
    this.#alive.set(name, { uid, heartbeatAt, sinceMs: this.#timeMs, seenChanging: isSameObject });
    return isSameObject ? this.#observation(before) : undefined;
  }

  forget(name: string): void {
    this.#alive.delete(name);
    this.#silent.delete(name);
  }

  observations(): ReadonlyMap<string, HeartbeatObservation> {
    const heartbeats = [...this.#silent, ...this.#alive];
    return new Map(heartbeats.map(([name, heartbeat]) => [name, this.#observation(heartbeat)]));
  }

  #observation({ sinceMs, seenChanging }: Heartbeat): HeartbeatObservation {
    return { unchangedMs: this.#timeMs - sinceMs, seenChanging };
  }
}
