import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { DesiredService, ServiceName } from "../../../../agent/services/desired-state.ts";
import { ModeRouter } from "../../../../agent/sync/router.ts";
import type { ProxyMode } from "../../../../crds/api.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { proxyModes } from "../../../support/arbitrary-mode.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import { makeDesiredNode, makeDesiredService } from "../../../support/make-desired-state.ts";

const names = ["ns/a", "ns/b", "ns/c", "ns/d"].map((name) => makeDesiredService(name).name);

/** What happens between two syncs, and in the next one. */
interface Step {
  readonly changes: readonly (readonly [service: ServiceName, mode: ProxyMode | "none" | "gone"])[];
  readonly main: ProxyMode;
  readonly isFull: boolean;
  /** Modes of which the next call fails. */
  readonly failing: readonly ProxyMode[];
  /** Services that a mode refuses from now on. */
  readonly refused: readonly (readonly [ProxyMode, ServiceName])[];
  readonly waitMs: number;
  /** Whether a new process does the next sync. */
  readonly isRestart: boolean;
}

const anyMode = fc.constantFrom(...proxyModes);
const anyName = fc.constantFrom(...names);

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    changes: fc.array(fc.tuple(anyName, fc.constantFrom(...proxyModes, "none" as const, "gone" as const)), {
      maxLength: 4,
    }),
    main: fc.oneof({ weight: 4, arbitrary: fc.constant<ProxyMode>("nftables") }, anyMode),
    isFull: fc.boolean(),
    failing: fc.array(anyMode, { maxLength: 2 }),
    refused: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(fc.tuple(anyMode, anyName), { maxLength: 2 }),
    ),
    waitMs: fc.constantFrom(0, 1_000, 60_000),
    isRestart: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Modes, and a router that moves Services between them. */
class Node {
  readonly clock = new FakeClock();
  readonly dataplanes = proxyModes.map((mode) => new FakeDataplane(mode));
  readonly services = new Map<ServiceName, DesiredService>();
  /** Moments at which a Service was in no mode, although some mode had it and none that had it refused it. */
  readonly gaps: string[] = [];
  /** Services that one mode served after a sync and another one, also one that refused them, did not let pass. */
  readonly stopped: string[] = [];
  #watched = new Set<ServiceName>();
  #changed = new Set<ServiceName>();
  #router: ModeRouter;
  /** Modes that were synced since the newest restart: of the others a process does not know what they hold. */
  readonly #known = new Set<ProxyMode>();

  constructor() {
    this.#router = this.#start();
    for (const dataplane of this.dataplanes) dataplane.onChange = () => this.#look(dataplane.mode);
  }

  /** Whether the main mode could be programmed. */
  async play({ changes, main, isFull, failing, refused, waitMs, isRestart }: Step): Promise<boolean> {
    if (isRestart) {
      this.#router = this.#start();
      this.#known.clear();
    }
    for (const [name, mode] of changes) this.#change(name, mode);
    for (const dataplane of this.dataplanes) {
      dataplane.failures.length = 0;
      dataplane.refused.clear();
      if (failing.includes(dataplane.mode)) dataplane.failures.push(new Error("no memory"));
      for (const [mode, name] of refused) if (mode === dataplane.mode) dataplane.refused.set(name, "no");
    }
    await this.clock.advance(waitMs);
    await this.#watch(main);
    const before = this.dataplanes.map(({ syncs }) => syncs.length);
    const isDone = await this.#sync(main, isFull);
    if (!isDone) return false;
    const synced = this.dataplanes.filter(
      ({ mode, syncs, calls }, index) =>
        syncs.length !== before[index] && calls.at(-1) !== "cleanup" && !failing.includes(mode),
    );
    for (const { mode } of synced) this.#known.add(mode);
    for (const dataplane of synced) this.#lookAtPassing(dataplane);
    return true;
  }

  /** Syncs until nothing fails any more. */
  async settle(main: ProxyMode): Promise<void> {
    const calm = {
      changes: [],
      main,
      isFull: true,
      failing: [],
      refused: [],
      waitMs: 60_000,
      isRestart: false,
    };
    assert.ok(await this.play(calm));
    assert.ok(await this.play(calm));
  }

  #start(): ModeRouter {
    const runners = makeRunners(...this.dataplanes);
    return new ModeRouter({ runners, clock: this.clock, log: silentLogger, random: () => 1 });
  }

  #change(name: ServiceName, mode: ProxyMode | "none" | "gone"): void {
    this.#changed.add(name);
    if (mode === "gone") this.services.delete(name);
    else this.services.set(name, { ...makeDesiredService(name), mode: mode === "none" ? undefined : mode });
  }

  async #sync(main: ProxyMode, isFull: boolean): Promise<boolean> {
    const desired = { node: makeDesiredNode(), services: this.services };
    const scope = isFull
      ? ({ kind: "full" } as const)
      : ({ kind: "partial", services: this.#changed } as const);
    this.#changed = new Set();
    try {
      await this.#router.sync({ main, missing: new Map(), desired, scope });
      return true;
    } catch {
      for (const name of names) this.#changed.add(name);
      return false;
    }
  }

  async #watch(main: ProxyMode): Promise<void> {
    this.#watched = new Set();
    for (const { name, mode = main } of this.services.values()) {
      const holders = this.dataplanes.filter(({ held }) => held.has(name));
      const isRefused = holders.some(({ refused }) => refused.has(name));
      if (holders.length === 0 || isRefused) continue;
      const isKnown = holders.some((holder) => this.#known.has(holder.mode));
      if (isKnown || (await this.#isSafeAtRestart(name, mode, main))) this.#watched.add(name);
    }
  }

  /** A new process does not know what the kernel holds: it can keep what is in the right mode, or in the main one alone. */
  async #isSafeAtRestart(name: ServiceName, wanted: ProxyMode, main: ProxyMode): Promise<boolean> {
    const has = (mode: ProxyMode): boolean =>
      this.dataplanes.some((dataplane) => dataplane.mode === mode && dataplane.held.has(name));
    const target = this.dataplanes.find(({ mode }) => mode === wanted);
    return has(wanted) || (has(main) && (await target?.hasState()) === false);
  }

  #lookAtPassing({ mode, held: own, passing }: FakeDataplane): void {
    for (const name of this.services.keys()) {
      const isServed = this.dataplanes.some((other) => this.#known.has(other.mode) && other.held.has(name));
      if (isServed && !own.has(name) && !passing.has(name)) this.stopped.push(`${name} in ${mode}`);
    }
  }

  #look(mode: ProxyMode): void {
    for (const name of this.#watched) {
      if (!this.dataplanes.some(({ held }) => held.has(name)))
        this.gaps.push(`${name} after a change of ${mode}`);
    }
  }
}

describe("Services that move between modes", () => {
  it("are never in none, whatever fails or is refused, and in the right one when nothing does", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const node = new Node();
        for (const step of played) await node.play(step);
        const main = played.at(-1)?.main ?? "nftables";
        await node.settle(main);
        assert.deepEqual([node.gaps, node.stopped], [[], []]);
        for (const dataplane of node.dataplanes) {
          const wanted = [...node.services.values()].filter(({ mode = main }) => mode === dataplane.mode);
          assert.deepEqual([...dataplane.held.keys()].toSorted(), wanted.map(({ name }) => name).toSorted());
          if (wanted.length === 0 && dataplane.mode !== main) continue;
          const others = [...node.services.keys()].filter((name) => !dataplane.held.has(name));
          assert.deepEqual([...dataplane.passing].toSorted(), others.toSorted());
        }
      }),
      { numRuns: 1_000 },
    );
  }).timeout(60_000);
});
