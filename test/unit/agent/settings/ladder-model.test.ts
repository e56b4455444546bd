/** Random histories of an agent's settings against what must hold after each event, whatever came before. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { allowSameModes } from "../../../../agent/settings/allowed-modes.ts";
import {
  emptyLadder,
  modeProblem,
  nextLadder,
  type SettingsEvent,
  type SettingsLadder,
  settingsToCheck,
  waitReasons,
} from "../../../../agent/settings/ladder.ts";
import { selectsByNamespace } from "../../../../agent/services/policy/selects-by-namespace.ts";
import type { NodeProxySpec } from "../../../../crds/api.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

/** What happens around the ladder. The process runs one sync at a time and may end at any moment. */
type Step =
  | { readonly kind: "receive"; readonly mode: "nftables" | "ipvs"; readonly byNamespace: boolean }
  | { readonly kind: "receiveAgain" | "unusable" | "absent" | "listNamespaces" }
  | { readonly kind: "checkMode"; readonly problem: string | undefined }
  /** The check ends only after other settings have come. */
  | { readonly kind: "checkOldMode" }
  | { readonly kind: "beginSync" }
  | { readonly kind: "endSync"; readonly succeeds: boolean }
  | { readonly kind: "restart" };

const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("receive"),
      mode: fc.constantFrom("nftables", "ipvs"),
      byNamespace: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("receiveAgain", "unusable", "absent", "listNamespaces") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("checkMode"),
      problem: fc.constantFrom(undefined, "no ip_vs", "no nft"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("checkOldMode") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("beginSync") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("endSync"), succeeds: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart") }) },
);

class History {
  ladder = emptyLadder;
  /** In the order in which they came; each arrival is an object of its own. */
  readonly #arrivals: NodeProxySpec[] = [];
  /** Of this process. */
  #candidates = new Set<NodeProxySpec>();
  #runnable = new Set<NodeProxySpec>();
  #running: NodeProxySpec | undefined;
  #stored: NodeProxySpec | undefined;
  #namespacesListed = false;
  #unusable: string | undefined;
  #lastProblem: string | undefined;

  do(step: Step): void {
    const before = this.ladder;
    switch (step.kind) {
      case "receive":
        this.#receive(makeSettings(this.#arrivals.length, step));
        break;
      case "receiveAgain":
        if (before.newest !== undefined)
          this.#tell({ kind: "received", settings: structuredClone(before.newest) });
        this.#unusable = before.newest === undefined ? this.#unusable : undefined;
        break;
      case "unusable":
        this.#unusable = "it lacks spec.node";
        this.#tell({ kind: "unusable", reason: this.#unusable });
        break;
      case "absent":
        this.#unusable = undefined;
        this.#tell({ kind: "absent" });
        break;
      case "listNamespaces":
        this.#namespacesListed = true;
        this.#tell({ kind: "namespacesListed" });
        break;
      case "checkMode":
        this.#checkMode(settingsToCheck(before), step.problem);
        break;
      case "checkOldMode":
        this.#checkOldMode();
        break;
      case "beginSync":
        this.#running ??= before.candidate;
        break;
      case "endSync":
        this.#endSync(step.succeeds);
        break;
      case "restart":
        this.#restart();
        break;
    }
    if (step.kind !== "restart") this.#checkStep(before);
    this.#checkState();
  }

  #receive(settings: NodeProxySpec): void {
    this.#arrivals.push(settings);
    this.#unusable = undefined;
    this.#lastProblem = undefined;
    this.#tell({ kind: "received", settings });
  }

  #checkMode(settings: NodeProxySpec | undefined, problem: string | undefined): void {
    if (settings === undefined) return;
    this.#lastProblem = problem;
    if (problem === undefined) this.#runnable.add(settings);
    this.#tell({ kind: "modeChecked", settings, problem });
  }

  #checkOldMode(): void {
    const old = this.#arrivals.at(-2);
    if (old === undefined || old === this.ladder.newest) return;
    const before = this.ladder;
    this.#tell({ kind: "modeChecked", settings: old, problem: undefined });
    assert.deepEqual(this.ladder, before);
  }

  #endSync(succeeds: boolean): void {
    const settings = this.#running;
    this.#running = undefined;
    if (settings === undefined || !succeeds) return;
    this.#stored = settings;
    this.#tell({ kind: "synced", settings });
    assert.equal(this.ladder.applied, settings);
    assert.equal(this.ladder.proven, settings);
  }

  #restart(): void {
    this.ladder = emptyLadder;
    this.#candidates = new Set();
    this.#runnable = new Set();
    this.#running = undefined;
    this.#namespacesListed = false;
    this.#unusable = undefined;
    this.#lastProblem = undefined;
    if (this.#stored === undefined) return;
    this.#tell({ kind: "restored", settings: this.#stored });
    assert.equal(this.ladder.candidate, this.#stored);
  }

  #tell(event: SettingsEvent): void {
    this.ladder = nextLadder(this.ladder, event);
    if (this.ladder.candidate !== undefined) this.#candidates.add(this.ladder.candidate);
  }

  #checkState(): void {
    const { newest, candidate, applied, proven, unusable } = this.ladder;
    assert.equal(unusable, this.#unusable);
    for (const settings of [applied, proven])
      assert.ok(settings === undefined || this.#candidates.has(settings), "was never the candidate");
    assert.equal(proven, this.#stored, "what is proven is what an agent that starts now restores");
    assert.equal(newest === undefined, candidate === undefined);
    this.#checkWaiting(this.ladder);
  }

  /** What waits has a reason that is so, and what does not wait is the candidate. */
  #checkWaiting(ladder: SettingsLadder): void {
    const { newest, candidate, proven } = ladder;
    const reasons = waitReasons(ladder);
    assert.equal(newest !== candidate, reasons.length > 0);
    assert.equal(modeProblem(ladder), reasons.includes("mode") ? this.#lastProblem : undefined);
    assert.equal(settingsToCheck(ladder), reasons.includes("mode") ? newest : undefined);
    if (newest === undefined || candidate === undefined || reasons.length === 0) return;
    const lacksNamespaces = selectsByNamespace(newest.config) && !this.#namespacesListed;
    assert.equal(reasons.includes("Namespaces"), lacksNamespaces);
    const mayRunOtherMode = proven !== undefined && !allowSameModes(newest.config, candidate.config);
    assert.equal(reasons.includes("mode"), mayRunOtherMode && !this.#runnable.has(newest));
  }

  #checkStep(before: SettingsLadder): void {
    const { candidate, proven, newest } = this.ladder;
    assert.ok(proven !== undefined || before.proven === undefined, "proven settings are not forgotten");
    if (candidate === before.candidate || candidate === undefined) return;
    assert.equal(candidate, newest, "only the newest settings become the candidate");
    if (before.candidate === undefined || before.proven === undefined) return;
    const runs = allowSameModes(candidate.config, before.candidate.config) || this.#runnable.has(candidate);
    assert.ok(runs, "proven settings give way to a mode that was not checked");
  }
}

function makeSettings(
  index: number,
  { mode, byNamespace }: Extract<Step, { readonly kind: "receive" }>,
): NodeProxySpec {
  const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
  const config = { mode, fallbackModes: [], services: byNamespace ? [rule] : [] };
  return makeNodeProxySpec({ revision: `r${index}`, config });
}

describe("settings ladder, random histories", () => {
  it("holds its promises after every event", () => {
    fc.assert(
      fc.property(fc.array(arbitraryStep, { maxLength: 60 }), (steps) => {
        const history = new History();
        for (const step of steps) history.do(step);
      }),
      { numRuns: 2_000 },
    );
  });
});
