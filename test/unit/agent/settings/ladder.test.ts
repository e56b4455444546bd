import assert from "node:assert/strict";
import {
  emptyLadder,
  modeProblem,
  needsNamespaces,
  nextLadder,
  type SettingsEvent,
  settingsToCheck,
  type WaitReason,
  waitReasons,
} from "../../../../agent/settings/ladder.ts";
import type { NodeProxySpec } from "../../../../crds/api.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const byNamespace = {
  services: [{ name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } }],
} as const;
const r1 = makeNodeProxySpec({ revision: "r1" });
const r2 = makeNodeProxySpec({ revision: "r2", config: { masqueradeAll: true } });
const ipvs = makeNodeProxySpec({ revision: "ipvs", config: { mode: "ipvs", fallbackModes: [] } });
const selecting = makeNodeProxySpec({ revision: "selecting", config: byNamespace });
const selectingIpvs = makeNodeProxySpec({
  revision: "selectingIpvs",
  config: { ...byNamespace, mode: "ipvs", fallbackModes: [] },
});

const restored = (settings: NodeProxySpec): SettingsEvent => ({ kind: "restored", settings });
const received = (settings: NodeProxySpec): SettingsEvent => ({ kind: "received", settings });
const unusable = (reason: string): SettingsEvent => ({ kind: "unusable", reason });
const absent: SettingsEvent = { kind: "absent" };
const listed: SettingsEvent = { kind: "namespacesListed" };
const synced = (settings: NodeProxySpec): SettingsEvent => ({ kind: "synced", settings });
const checked = (settings: NodeProxySpec, problem?: string): SettingsEvent => ({
  kind: "modeChecked",
  settings,
  problem,
});

/** The revisions on the steps, and what the selectors tell. */
interface Summary {
  readonly newest?: string;
  readonly candidate?: string;
  readonly applied?: string;
  readonly proven?: string;
  readonly unusable?: string;
  readonly waits?: readonly WaitReason[];
  readonly toCheck?: string;
  readonly problem?: string;
}

function summarize(events: readonly SettingsEvent[]): Summary {
  const ladder = events.reduce(nextLadder, emptyLadder);
  const { newest, candidate, applied, proven } = ladder;
  const waits = waitReasons(ladder);
  const all = {
    newest: newest?.revision,
    candidate: candidate?.revision,
    applied: applied?.revision,
    proven: proven?.revision,
    unusable: ladder.unusable,
    waits: waits.length === 0 ? undefined : waits,
    toCheck: settingsToCheck(ladder)?.revision,
    problem: modeProblem(ladder),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function needed(...events: readonly SettingsEvent[]): boolean {
  return needsNamespaces(events.reduce(nextLadder, emptyLadder));
}

interface Row {
  readonly name: string;
  readonly events: readonly SettingsEvent[];
  readonly expect: Summary;
}

const proven1 = [received(r1), synced(r1)];
const onR1: Summary = { candidate: "r1", applied: "r1", proven: "r1" };

const rows: readonly Row[] = [
  { name: "an agent that has just started has no settings", events: [], expect: {} },
  {
    name: "the first settings are the candidate at once",
    events: [received(r1)],
    expect: { newest: "r1", candidate: "r1" },
  },
  {
    name: "the first settings do not wait for the Namespaces: there is nothing to keep until then",
    events: [received(selecting)],
    expect: { newest: "selecting", candidate: "selecting" },
  },
  {
    name: "stored settings are the candidate, and proven by the earlier process",
    events: [restored(r1)],
    expect: { newest: "r1", candidate: "r1", proven: "r1" },
  },
  {
    name: "stored settings do not wait for the Namespaces",
    events: [restored(selecting)],
    expect: { newest: "selecting", candidate: "selecting", proven: "selecting" },
  },
  {
    name: "a successful sync applies and proves its settings",
    events: proven1,
    expect: { newest: "r1", ...onR1 },
  },
  {
    name: "settings that wait for nothing replace the candidate; what is applied and proven stays until they are",
    events: [...proven1, received(r2)],
    expect: { newest: "r2", ...onR1, candidate: "r2" },
  },
  {
    name: "a sync of earlier settings that ends late proves those, not the candidate",
    events: [received(r1), received(r2), synced(r1)],
    expect: { newest: "r2", candidate: "r2", applied: "r1", proven: "r1" },
  },
  {
    name: "settings that select by namespace wait for the Namespaces",
    events: [received(r1), received(selecting)],
    expect: { newest: "selecting", candidate: "r1", waits: ["Namespaces"] },
  },
  {
    name: "they are the candidate when the Namespaces are listed",
    events: [received(r1), received(selecting), listed],
    expect: { newest: "selecting", candidate: "selecting" },
  },
  {
    name: "Namespaces that are listed already are not waited for",
    events: [received(selecting), listed, received(r1), received(selecting)],
    expect: { newest: "selecting", candidate: "selecting" },
  },
  {
    name: "settings that do not select by namespace pass those that wait for it",
    events: [received(r1), received(selecting), received(r2)],
    expect: { newest: "r2", candidate: "r2" },
  },
  {
    name: "other modes are checked before they replace settings that are proven",
    events: [...proven1, received(ipvs)],
    expect: { newest: "ipvs", ...onR1, waits: ["mode"], toCheck: "ipvs" },
  },
  {
    name: "other modes are not checked while nothing is proven: nothing can get worse",
    events: [received(r1), received(ipvs)],
    expect: { newest: "ipvs", candidate: "ipvs" },
  },
  {
    name: "stored settings count as proven",
    events: [restored(r1), received(ipvs)],
    expect: { newest: "ipvs", candidate: "r1", proven: "r1", waits: ["mode"], toCheck: "ipvs" },
  },
  {
    name: "settings whose modes the node cannot run wait, and are checked again",
    events: [...proven1, received(ipvs), checked(ipvs, "no ip_vs")],
    expect: { newest: "ipvs", ...onR1, waits: ["mode"], toCheck: "ipvs", problem: "no ip_vs" },
  },
  {
    name: "they are the candidate when the node can run them",
    events: [...proven1, received(ipvs), checked(ipvs, "no ip_vs"), checked(ipvs)],
    expect: { newest: "ipvs", ...onR1, candidate: "ipvs" },
  },
  {
    name: "a check of settings that are no longer the newest changes nothing",
    events: [...proven1, received(ipvs), received(selectingIpvs), checked(ipvs, "no ip_vs")],
    expect: {
      newest: "selectingIpvs",
      ...onR1,
      waits: ["Namespaces", "mode"],
      toCheck: "selectingIpvs",
    },
  },
  {
    name: "newer settings begin without the problem of those before",
    events: [...proven1, received(ipvs), checked(ipvs, "no ip_vs"), received(selectingIpvs)],
    expect: { newest: "selectingIpvs", ...onR1, waits: ["Namespaces", "mode"], toCheck: "selectingIpvs" },
  },
  {
    name: "settings that wait for both are still held by the Namespaces when the node can run them",
    events: [...proven1, received(selectingIpvs), checked(selectingIpvs)],
    expect: { newest: "selectingIpvs", ...onR1, waits: ["Namespaces"] },
  },
  {
    name: "settings that wait for both are still held by the mode when the Namespaces are listed",
    events: [...proven1, received(selectingIpvs), listed],
    expect: { newest: "selectingIpvs", ...onR1, waits: ["mode"], toCheck: "selectingIpvs" },
  },
  {
    name: "settings that wait for both are the candidate when neither holds them",
    events: [...proven1, received(selectingIpvs), checked(selectingIpvs), listed],
    expect: { newest: "selectingIpvs", ...onR1, candidate: "selectingIpvs" },
  },
  {
    name: "a mode is checked as soon as something is proven, also of settings that wait already",
    events: [received(r1), received(selectingIpvs), synced(r1), listed],
    expect: { newest: "selectingIpvs", ...onR1, waits: ["mode"], toCheck: "selectingIpvs" },
  },
  {
    name: "the settings from before may come back while others wait",
    events: [...proven1, received(ipvs), checked(ipvs, "no ip_vs"), received(r1)],
    expect: { newest: "r1", ...onR1 },
  },
  {
    name: "an unusable NodeProxy changes no step",
    events: [...proven1, unusable("it lacks spec.config.drift")],
    expect: { newest: "r1", ...onR1, unusable: "it lacks spec.config.drift" },
  },
  {
    name: "an unusable NodeProxy may be the first",
    events: [unusable("it lacks spec.config.drift")],
    expect: { unusable: "it lacks spec.config.drift" },
  },
  {
    name: "settings that wait go on while the NodeProxy is unusable",
    events: [received(r1), received(selecting), unusable("it lacks spec.node"), listed],
    expect: { newest: "selecting", candidate: "selecting", unusable: "it lacks spec.node" },
  },
  {
    name: "usable settings end it, also the same as before",
    events: [...proven1, unusable("it lacks spec.node"), received(r1)],
    expect: { newest: "r1", ...onR1 },
  },
  {
    name: "so does the end of the NodeProxy, which leaves the settings",
    events: [...proven1, unusable("it lacks spec.node"), absent],
    expect: { newest: "r1", ...onR1 },
  },
];

describe("settings ladder", () => {
  for (const { name, events, expect } of rows) {
    it(name, () => assert.deepEqual(summarize(events), expect));
  }

  it("equal settings that come again are the same object, and what is known about them stays", () => {
    const events = [...proven1, received(ipvs), checked(ipvs, "no ip_vs"), received(structuredClone(ipvs))];
    const ladder = events.reduce(nextLadder, emptyLadder);
    assert.equal(ladder.newest, ipvs);
    assert.equal(modeProblem(ladder), "no ip_vs");
  });

  it("Namespaces are needed by the newest settings, whether or not they are the candidate", () => {
    assert.equal(needed(), false);
    assert.equal(needed(received(r1)), false);
    assert.equal(needed(received(r1), received(selecting)), true);
    assert.equal(needed(received(r1), received(selecting), received(r2)), false);
  });
});
