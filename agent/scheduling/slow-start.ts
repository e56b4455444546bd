import type { IpAddress } from "../../platform/ip/address.ts";

/** Shares are counted in tenths: an endpoint with its full weight has ten. */
export const fullShare = 10;

/** Which endpoints of one Service are usable, and which of them are new. */
export interface EndpointAges {
  readonly usable: ReadonlySet<IpAddress>;
  /** When the endpoints with less than their full weight became usable, in milliseconds of the monotonic clock. */
  readonly newSinceMs: ReadonlyMap<IpAddress, number>;
}

export interface SlowStartTime {
  /** How long a new endpoint takes to get its full weight, in milliseconds; above 0. */
  readonly slowStartMs: number;
  /** Of the monotonic clock. */
  readonly nowMs: number;
}

/**
 * The ages after a look at the usable endpoints. At the first look, when `before` is undefined, all are old: they may have
 * served since before this process began. So are the first endpoints of a Service: no older one could take their load.
 */
export function ageEndpoints(
  before: EndpointAges | undefined,
  usable: ReadonlySet<IpAddress>,
  time: SlowStartTime,
): EndpointAges {
  if (before === undefined || before.usable.size === 0) return { usable, newSinceMs: new Map() };
  const sinceMs = Math.ceil(time.nowMs / stepMs(time)) * stepMs(time);
  const newcomers = [...usable].flatMap((address): readonly (readonly [IpAddress, number])[] => {
    const since = before.newSinceMs.get(address) ?? (before.usable.has(address) ? undefined : sinceMs);
    return since === undefined || shareOf(since, time) === fullShare ? [] : [[address, since]];
  });
  return { usable, newSinceMs: new Map(newcomers) };
}

/** Tenths of its weight that an endpoint gets: 1 at first, one more with each ninth of the time. */
export function shareOf(newSinceMs: number, time: SlowStartTime): number {
  const steps = Math.floor((time.nowMs - newSinceMs) / stepMs(time));
  return Math.min(fullShare, 1 + Math.max(0, steps));
}

/** When a share next grows, on the monotonic clock; undefined when all have their full weight. */
export function nextStepMs({ newSinceMs }: EndpointAges, time: SlowStartTime): number | undefined {
  if (newSinceMs.size === 0) return undefined;
  return (Math.floor(time.nowMs / stepMs(time)) + 1) * stepMs(time);
}

/**
 * Steps are taken at multiples of this, and so by all endpoints of a Service together: a rollout of many endpoints costs no
 * more updates than that of one. Hence a new endpoint may wait one step longer for its first step.
 */
function stepMs({ slowStartMs }: SlowStartTime): number {
  return Math.ceil(slowStartMs / (fullShare - 1));
}
