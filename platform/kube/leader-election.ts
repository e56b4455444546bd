import type { Clock } from "../async/clock.ts";
import { errorMessage } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ApiClient, ApiObject } from "./api-client.ts";
import { groupVersionOf, resources } from "./resources.ts";
import { formatMicroTime } from "./time.ts";

export interface LeaderElectionOptions {
  readonly client: ApiClient;
  /** Namespace and name of the Lease that the candidates share. */
  readonly namespace: string;
  readonly name: string;
  /** Unique among the candidates, such as the pod's name. */
  readonly identity: string;
  /** Other candidates may take a lease that was not renewed for this time. @default 15000 */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew its lease for this time stops leading; less than the lease's duration. @default 10000 */
  readonly renewDeadlineMs?: number;
  /** Time between two attempts to acquire or renew the lease. @default 2000 */
  readonly retryPeriodMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** The leader's work. Must end when its signal aborts, because leadership is lost or the program stops. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
}

/**
 * Takes part in the election until `signal` aborts, and runs `lead` while elected; never rejects. Releases the lease when
 * `lead` has ended, so that the next leader need not wait.
 *
 * A lease expires if it stays unchanged for its duration on our own clock, as in client-go, so clocks may differ. Two leaders
 * are possible only if `lead` outlives its signal by more than the lease's duration minus the renew deadline.
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  await new Candidate(options).run();
}

interface Lease extends ApiObject {
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

class Candidate {
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #log: Logger;
  /** The lease as last observed, and when it was first observed in this state. */
  #observed: { readonly resourceVersion: string | undefined; readonly sinceMs: number } = {
    resourceVersion: undefined,
    sinceMs: 0,
  };

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    this.#log = options.log.child({
      lease: `${options.namespace}/${options.name}`,
      identity: options.identity,
    });
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      if (await this.#tryToHold(this.#renewDeadlineMs)) await this.#holdOffice(startedMs);
      await clock.sleep(this.#retryPeriodMs, signal);
    }
  }

  async #holdOffice(acquiredMs: number): Promise<void> {
    const { signal, lead } = this.#options;
    this.#log.info({}, "became leader");
    const office = new AbortController();
    const leading = AbortSignal.any([signal, office.signal]);
    const renewing = this.#renewUntilLost(acquiredMs, leading).finally(() => office.abort());
    try {
      await lead(leading);
    } catch (error) {
      this.#log.error({ error }, "the leader's work failed");
    }
    office.abort();
    await renewing;
    await this.#release();
    this.#log.info({}, "stopped leading");
  }

  /** Resolves when the lease was not renewed before the deadline, or when `signal` aborts. */
  async #renewUntilLost(acquiredMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let renewedMs = acquiredMs;
    while (!signal.aborted) {
      await clock.sleep(this.#retryPeriodMs, signal);
      if (signal.aborted) return;
      const startedMs = clock.monotonicMs();
      const leftMs = renewedMs + this.#renewDeadlineMs - startedMs;
      if (leftMs > 0 && (await this.#tryToHold(leftMs))) renewedMs = startedMs;
      else if (clock.monotonicMs() - renewedMs >= this.#renewDeadlineMs) {
        this.#log.warn({ renewDeadlineMs: this.#renewDeadlineMs }, "could not renew the lease in time");
        return;
      }
    }
  }

  /** Whether we hold the lease for another duration; also false if the answer takes longer than `timeoutMs`. */
  async #tryToHold(timeoutMs: number): Promise<boolean> {
    const { clock, signal } = this.#options;
    const attempt = new AbortController();
    const attemptSignal = AbortSignal.any([signal, attempt.signal]);
    const timedOut = clock.sleep(timeoutMs, attemptSignal).then(() => {
      attempt.abort();
      return false;
    });
    const held = this.#acquireOrRenew(attemptSignal).catch((error: unknown) => {
      if (!signal.aborted) this.#log.warn({ reason: errorMessage(error) }, "could not acquire the lease");
      return false;
    });
    const result = await Promise.race([held, timedOut]);
    attempt.abort();
    return result;
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity } = this.#options;
    const lease = await client.get<Lease>({ resource: resources.leases, namespace, name }, { signal });
    if (lease === undefined) {
      await client.create(resources.leases, this.#leaseObject({ name, namespace }, this.#nextSpec({})), {
        signal,
      });
      return true;
    }
    const spec = lease.spec ?? {};
    if (spec.holderIdentity !== identity && !this.#isFree(lease)) return false;
    await client.update(resources.leases, this.#leaseObject(lease.metadata, this.#nextSpec(spec)), {
      signal,
    });
    return true;
  }

  #isFree({ metadata: { resourceVersion }, spec }: Lease): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const observed =
      this.#observed.resourceVersion === resourceVersion
        ? this.#observed
        : { resourceVersion, sinceMs: nowMs };
    this.#observed = observed;
    if (spec?.holderIdentity === undefined || spec.holderIdentity === "") return true;
    const durationMs = (spec.leaseDurationSeconds ?? this.#leaseDurationMs / 1000) * 1000;
    return nowMs - this.#observed.sinceMs >= durationMs;
  }

  #nextSpec(current: LeaseSpec): LeaseSpec {
    const { clock, identity } = this.#options;
    const now = formatMicroTime(clock.now());
    const isOurs = current.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: isOurs ? (current.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (current.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
    };
  }

  /** Removes the holder of the lease if that is still us. */
  async #release(): Promise<void> {
    const { client, namespace, name, identity, clock } = this.#options;
    const timeout = new AbortController();
    const done = new AbortController();
    void clock.sleep(this.#retryPeriodMs, done.signal).then(() => timeout.abort());
    try {
      const options = { signal: timeout.signal };
      const lease = await client.get<Lease>({ resource: resources.leases, namespace, name }, options);
      if (lease?.spec?.holderIdentity !== identity) return;
      const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 };
      await client.update(resources.leases, this.#leaseObject(lease.metadata, spec), options);
    } catch (error) {
      this.#log.warn({ reason: errorMessage(error) }, "could not release the lease; it will expire");
    } finally {
      done.abort();
    }
  }

  #leaseObject(metadata: ApiObject["metadata"], spec: LeaseSpec): Lease {
    return { apiVersion: groupVersionOf(resources.leases), kind: resources.leases.kind, metadata, spec };
  }
}
