import assert from "node:assert/strict";
import type { ProxyMode } from "../../../../crds/api.ts";
import { chooseMode, type ModeChoice } from "../../../../agent/sync/choose-mode.ts";

interface Row {
  readonly name: string;
  readonly mode: ProxyMode;
  readonly fallbackModes?: readonly ProxyMode[];
  readonly missing: readonly (readonly [ProxyMode, readonly string[]])[];
  readonly expect: ModeChoice;
}

const rows: readonly Row[] = [
  {
    name: "the mode that was asked for runs when it lacks nothing",
    mode: "nftables",
    fallbackModes: ["iptables"],
    missing: [["nftables", []]],
    expect: { kind: "usable", mode: "nftables", fallbackReason: undefined },
  },
  {
    name: "a fallback runs when the mode lacks something, and says what",
    mode: "ebpf",
    fallbackModes: ["nftables"],
    missing: [
      ["ebpf", ["kernel 5.10 or newer"]],
      ["nftables", []],
    ],
    expect: {
      kind: "usable",
      mode: "nftables",
      fallbackReason: "mode ebpf cannot run: kernel 5.10 or newer",
    },
  },
  {
    name: "fallbacks are tried in their order",
    mode: "ebpf",
    fallbackModes: ["ipvs", "iptables", "nftables"],
    missing: [
      ["ebpf", ["BTF"]],
      ["ipvs", ["ipvsadm", "module ip_vs"]],
      ["iptables", []],
      ["nftables", []],
    ],
    expect: {
      kind: "usable",
      mode: "iptables",
      fallbackReason: "mode ebpf cannot run: BTF. mode ipvs cannot run: ipvsadm; module ip_vs",
    },
  },
  {
    name: "without a usable mode nothing runs and everything missing is reported",
    mode: "nftables",
    fallbackModes: ["ipvs"],
    missing: [
      ["nftables", ["nft 1.0.1 or newer"]],
      ["ipvs", ["ipvsadm"]],
    ],
    expect: {
      kind: "unusable",
      reason: "mode nftables cannot run: nft 1.0.1 or newer. mode ipvs cannot run: ipvsadm",
    },
  },
  {
    name: "a mode that is not allowed is not chosen although it could run",
    mode: "ipvs",
    missing: [
      ["ipvs", ["ipvsadm"]],
      ["nftables", []],
    ],
    expect: { kind: "unusable", reason: "mode ipvs cannot run: ipvsadm" },
  },
  {
    name: "a mode that is its own fallback is reported once",
    mode: "ipvs",
    fallbackModes: ["ipvs"],
    missing: [["ipvs", ["ipvsadm"]]],
    expect: { kind: "unusable", reason: "mode ipvs cannot run: ipvsadm" },
  },
];

describe("choose mode", () => {
  for (const { name, mode, fallbackModes = [], missing, expect } of rows) {
    it(name, () => assert.deepEqual(chooseMode({ mode, fallbackModes }, new Map(missing)), expect));
  }
});
