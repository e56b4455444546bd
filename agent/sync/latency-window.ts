/** The last `size` measurements, for percentiles. Memory is bounded; old ones are overwritten. */
export class LatencyWindow {
  readonly #size: number;
  readonly #samples: number[] = [];
  #next = 0;

  constructor(size = 1000) {
    this.#size = size;
  }

  add(milliseconds: number): void {
    this.#samples[this.#next] = milliseconds;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** Nearest-rank percentiles in milliseconds, to the microsecond; undefined when nothing was measured. */
  percentiles(): { readonly p50Milliseconds: number; readonly p99Milliseconds: number } | undefined {
    const sorted = this.#samples.toSorted((left, right) => left - right);
    const rank = (share: number): number | undefined => sorted[Math.ceil(sorted.length * share) - 1];
    const p50Milliseconds = rank(0.5);
    const p99Milliseconds = rank(0.99);
    if (p50Milliseconds === undefined || p99Milliseconds === undefined) return undefined;
    return {
      p50Milliseconds: roundToMicroseconds(p50Milliseconds),
      p99Milliseconds: roundToMicroseconds(p99Milliseconds),
    };
  }
}

function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
