import { randomBytes } from "node:crypto";
import type { Clock } from "../async/clock.ts";
import { errorMessage } from "../errors.ts";
import { cutText } from "../text/cut-text.ts";
import type { Logger } from "../log.ts";
import type { ApiClient, ApiObject } from "./api-client.ts";
import { ApiError, isNotFound } from "./api-error.ts";
import { resources } from "./resources.ts";
import { TokenBucket } from "../async/token-bucket.ts";
import { formatTime } from "./time.ts";

/** Maximum number of different unsent Events; new ones are dropped. */
const maxPending = 500;
/** Number of sent Events whose repetition increases their count; the API server deletes Events after an hour anyway. */
const maxRemembered = 1000;
/** Sending rate: a burst, then one Event per interval. */
const burst = 25;
const refillIntervalMs = 1_000;
const maxAttempts = 3;
const retryDelayMs = 5_000;
const maxMessageLength = 1024;

/** The object that an Event is about. */
export interface RegardingObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  /** `kubectl describe` finds the Event by this field. */
  readonly uid?: string;
}

export interface RecordedEvent {
  readonly regarding: RegardingObject;
  readonly type: "Normal" | "Warning";
  /** One word in CamelCase, the same for every Event of its kind. */
  readonly reason: string;
  /** A readable sentence; cut at 1024 characters. */
  readonly message: string;
}

export interface EventRecorder {
  /** Queues an Event and returns at once; never throws. An Event that cannot be delivered is logged and dropped. */
  record(event: RecordedEvent): void;
  /** Sends all queued Events once, ignoring the rate; for the end of the program. Never rejects. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** Program that reports the Events, such as kubesteer-agent. */
  readonly component: string;
  /** Node or pod that the program runs on. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Writes core/v1 Events. A repeated Event about the same object increases the count of the existing Event instead of creating
 * a new one, as client-go's correlator does.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new AggregatingRecorder(options);
}

interface Occurrences {
  readonly event: RecordedEvent;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

interface SentEvent {
  readonly name: string;
  readonly count: number;
}

class AggregatingRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #bucket: TokenBucket;
  /** Unsent Events by aggregation key, oldest first. */
  readonly #pending = new Map<string, Occurrences>();
  /** Sent Events by aggregation key, least recently used first. */
  readonly #sent = new Map<string, SentEvent>();
  #sending: Promise<void> | undefined;
  #flushing = new AbortController();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket({ clock: options.clock, burst, refillIntervalMs });
  }

  record(event: RecordedEvent): void {
    const key = aggregationKey(event);
    const now = formatTime(this.#options.clock.now());
    const before = this.#pending.get(key);
    if (before === undefined && this.#pending.size >= maxPending) {
      this.#drop(event, "too many events are waiting");
      return;
    }
    this.#pending.set(key, {
      event,
      count: (before?.count ?? 0) + 1,
      firstTimestamp: before?.firstTimestamp ?? now,
      lastTimestamp: now,
    });
    this.#sending ??= this.#sendPending();
  }

  async flush(): Promise<void> {
    this.#flushing.abort();
    await this.#sending;
    this.#flushing = new AbortController();
  }

  async #sendPending(): Promise<void> {
    while (this.#pending.size > 0) {
      await this.#bucket.take(this.#flushing.signal);
      const [next] = this.#pending;
      if (next === undefined) break;
      this.#pending.delete(next[0]);
      await this.#deliver(...next);
    }
    this.#sending = undefined;
  }

  async #deliver(key: string, occurrences: Occurrences): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#send(key, occurrences);
        return;
      } catch (error) {
        if (attempt === maxAttempts || isRefusal(error) || this.#flushing.signal.aborted) {
          this.#drop(occurrences.event, errorMessage(error));
          return;
        }
        await this.#options.clock.sleep(retryDelayMs, this.#flushing.signal);
      }
    }
  }

  async #send(key: string, occurrences: Occurrences): Promise<void> {
    const before = this.#sent.get(key);
    const sent = (before && (await this.#repeat(before, occurrences))) ?? (await this.#create(occurrences));
    this.#sent.delete(key);
    this.#sent.set(key, sent);
    const [leastRecent] = this.#sent.keys();
    if (this.#sent.size > maxRemembered && leastRecent !== undefined) this.#sent.delete(leastRecent);
  }

  /** undefined if the API server no longer has the Event. */
  async #repeat(
    before: SentEvent,
    { event, count, lastTimestamp }: Occurrences,
  ): Promise<SentEvent | undefined> {
    const sent = { name: before.name, count: before.count + count };
    const namespace = eventNamespace(event.regarding);
    try {
      await this.#options.client.mergePatch(
        { resource: resources.events, name: before.name, namespace },
        { count: sent.count, lastTimestamp },
      );
      return sent;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create({ event, count, firstTimestamp, lastTimestamp }: Occurrences): Promise<SentEvent> {
    const { regarding, type, reason, message } = event;
    const { client, component, instance } = this.#options;
    const name = `${regarding.name.slice(0, 200)}.${randomBytes(8).toString("hex")}`;
    const object: CoreEvent = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: eventNamespace(regarding) },
      involvedObject: regarding,
      type,
      reason,
      message: cutText(message, maxMessageLength),
      count,
      firstTimestamp,
      lastTimestamp,
      source: { component, host: instance },
      reportingComponent: component,
      reportingInstance: instance,
    };
    await client.create(resources.events, object);
    return { name, count };
  }

  #drop({ regarding, reason }: RecordedEvent, cause: string): void {
    this.#options.log.warn(
      { event: reason, kind: regarding.kind, object: regarding.name, cause },
      "dropped an event",
    );
  }
}

interface CoreEvent extends ApiObject {
  readonly involvedObject: RegardingObject;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string; readonly host: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

function aggregationKey({ regarding, type, reason, message }: RecordedEvent): string {
  const { apiVersion, kind, namespace, name, uid } = regarding;
  return JSON.stringify([apiVersion, kind, namespace, name, uid, type, reason, message]);
}

/** The API server requires Events about cluster-scoped objects to be in "default". */
function eventNamespace({ namespace }: RegardingObject): string {
  return namespace ?? "default";
}

/** Whether a retry would get the same answer. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.statusCode < 500 && error.statusCode !== 429;
}
