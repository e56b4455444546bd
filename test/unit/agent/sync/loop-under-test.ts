import assert from "node:assert/strict";
import type { DesiredState, ServiceName } from "../../../../agent/services/desired-state.ts";
import { ModeSwitch } from "../../../../agent/sync/mode-switch.ts";
import { ModeRouter } from "../../../../agent/sync/router.ts";
import { SyncLoop } from "../../../../agent/sync/sync-loop.ts";
import type { SyncOutcome } from "../../../../agent/sync/sync-outcome.ts";
import type { NodeProxyConfig } from "../../../../crds/api.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import { makeDesiredState } from "../../../support/make-desired-state.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";
import { makeServiceName } from "../../../support/make-sync-outcome.ts";

/** A sync loop with mode nftables, and its inputs. */
export class LoopUnderTest {
  readonly clock = new FakeClock();
  readonly dataplane = new FakeDataplane();
  desired: DesiredState = makeDesiredState([]);
  triggerTimes: readonly number[] = [];
  /** Whether the first lists are complete. */
  ready = true;
  readonly outcomes: SyncOutcome[] = [];
  timesInStep = 0;
  /** The modes whose rules may have been missing, of the newest sync. */
  refilled: readonly string[] = [];
  readonly #stop = new AbortController();
  #changed = new Set<ServiceName>();
  #loop: SyncLoop | undefined;
  #running: Promise<void> = Promise.resolve();

  start(...others: readonly FakeDataplane[]): void {
    const { clock, outcomes } = this;
    const runners = makeRunners(this.dataplane, ...others);
    this.#loop = new SyncLoop({
      takeChanges: () => this.#takeChanges(),
      isReady: () => this.ready,
      modes: new ModeSwitch({ runners, log: silentLogger }),
      router: new ModeRouter({ runners, clock, log: silentLogger, random: () => 1 }),
      onOutcome: (outcome) => outcomes.push(outcome),
      onInStep: (last) => {
        this.timesInStep += 1;
        this.refilled = [...last.refilled];
      },
      clock,
      random: () => 1,
    });
    this.#running = this.#loop.run(this.#stop.signal);
  }

  /** Starts with settings and lets the first sync end. */
  async startSynced(config: Partial<NodeProxyConfig> = {}): Promise<void> {
    this.start();
    this.applySettings("r1", config);
    await settle();
    assert.deepEqual(this.kinds(), ["full"]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get loop(): SyncLoop {
    assert.ok(this.#loop !== undefined, "it has not been started");
    return this.#loop;
  }

  applySettings(revision: string, config: Partial<NodeProxyConfig> = {}): void {
    this.loop.setSettings(makeNodeProxySpec({ revision, config }));
  }

  change(...services: readonly string[]): void {
    for (const service of services) this.#changed.add(makeServiceName(service));
    this.loop.requestSync();
  }

  /** Of the refills and updates so far. */
  kinds(): readonly string[] {
    return this.dataplane.syncs.map(({ kind }) => kind);
  }

  #takeChanges() {
    const services = this.#changed;
    this.#changed = new Set();
    const { desired, triggerTimes } = this;
    return { desired, scope: { kind: "partial", services }, triggerTimes } as const;
  }
}
