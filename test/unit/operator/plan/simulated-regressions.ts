import type { Step } from "./simulated-steps.ts";

const plain = { selects: undefined, priority: 0, paused: false };

/** Histories in which the simulation once found a fault, of the planner or of its own. */
export const regressions: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: "a lost answer, then a crash between two numbers",
    steps: [
      { kind: "setConfig", name: "one", ...plain, mode: "ipvs" },
      { kind: "addNodes", pool: "a", count: 1 },
      { kind: "reconcile", lag: 0, fates: ["made"] },
      { kind: "setConfig", name: "two", ...plain, mode: "nftables" },
      { kind: "reconcile", lag: 0, fates: ["answerLost", "made"] },
      { kind: "reconcile", lag: 0, fates: ["made", "crash"] },
      { kind: "setConfig", name: "two", ...plain, mode: "iptables" },
    ],
  },
  {
    name: "a pause takes over a node, then a crash between two numbers",
    steps: [
      { kind: "setConfig", name: "one", ...plain, mode: "ipvs" },
      { kind: "addNodes", pool: "a", count: 1 },
      { kind: "setConfig", name: "two", ...plain, selects: "b", mode: "nftables" },
      { kind: "reconcile", lag: 0, fates: ["made"] },
      { kind: "setConfig", name: "two", ...plain, mode: "nftables", priority: 1, paused: true },
      { kind: "reconcile", lag: 0, fates: ["made", "crash"] },
      { kind: "setConfig", name: "two", ...plain, mode: "iptables", priority: 1 },
    ],
  },
  {
    name: "edited content stored in place of a deleted revision, which is then asked for again",
    steps: [
      { kind: "addNodes", pool: "a", count: 1 },
      { kind: "setConfig", name: "one", ...plain, mode: "nftables" },
      { kind: "reconcile", lag: 0, fates: ["made"] },
      { kind: "setConfig", name: "one", ...plain, mode: "iptables" },
      { kind: "tamper", with: "revisions", percent: 38 },
      { kind: "tamper", with: "nodeProxies", percent: 38 },
      { kind: "reconcile", lag: 0, fates: ["made", "failed"] },
      { kind: "setConfig", name: "one", ...plain, mode: "nftables" },
    ],
  },
];
