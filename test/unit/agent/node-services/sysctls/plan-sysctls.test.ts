import assert from "node:assert/strict";
import { planSysctls } from "../../../../../agent/node-services/sysctls/plan-sysctls.ts";
import type { NodeProxyConfig } from "../../../../../crds/api.ts";
import { makeNodeProxyConfig } from "../../../../support/make-objects.ts";

interface Row {
  readonly rule: string;
  readonly conntrack: Partial<NodeProxyConfig["conntrack"]>;
  readonly cores?: number;
  readonly plan: Readonly<Record<string, number>>;
}

/** Leaves everything as the kernel has it. */
const nothing = { maxPerCore: 0, tcpEstablishedTimeoutSeconds: 0, tcpCloseWaitTimeoutSeconds: 0 };

const rows: readonly Row[] = [
  { rule: "0 and false leave the kernel's values", conntrack: nothing, plan: {} },
  {
    rule: "the limit grows with the cores, and the hash table is a quarter of it",
    conntrack: { ...nothing, maxPerCore: 32_768, min: 131_072 },
    cores: 8,
    plan: { nf_conntrack_max: 262_144, hashsize: 65_536 },
  },
  {
    rule: "the limit is at least min",
    conntrack: { ...nothing, maxPerCore: 32_768, min: 131_072 },
    cores: 2,
    plan: { nf_conntrack_max: 131_072, hashsize: 32_768 },
  },
  {
    rule: "min alone sets no limit",
    conntrack: { ...nothing, maxPerCore: 0, min: 131_072 },
    plan: {},
  },
  {
    rule: "cores raise the limit to 1048576 at most",
    conntrack: { ...nothing, maxPerCore: 32_768, min: 131_072 },
    cores: 96,
    plan: { nf_conntrack_max: 1_048_576, hashsize: 262_144 },
  },
  {
    rule: "min may be higher than what cores allow",
    conntrack: { ...nothing, maxPerCore: 1, min: 4_194_304 },
    cores: 96,
    plan: { nf_conntrack_max: 4_194_304, hashsize: 1_048_576 },
  },
  {
    rule: "timeouts are set one by one",
    conntrack: { ...nothing, tcpEstablishedTimeoutSeconds: 7_200, udpStreamTimeoutSeconds: 180 },
    plan: { nf_conntrack_tcp_timeout_established: 7_200, nf_conntrack_udp_timeout_stream: 180 },
  },
  {
    rule: "all timeouts can be set",
    conntrack: {
      maxPerCore: 0,
      tcpEstablishedTimeoutSeconds: 1,
      tcpCloseWaitTimeoutSeconds: 2,
      udpTimeoutSeconds: 3,
      udpStreamTimeoutSeconds: 4,
    },
    plan: {
      nf_conntrack_tcp_timeout_established: 1,
      nf_conntrack_tcp_timeout_close_wait: 2,
      nf_conntrack_udp_timeout: 3,
      nf_conntrack_udp_timeout_stream: 4,
    },
  },
  {
    rule: "tcpBeLiberal is 1",
    conntrack: { ...nothing, tcpBeLiberal: true },
    plan: { nf_conntrack_tcp_be_liberal: 1 },
  },
  {
    rule: "the defaults are those of kube-proxy",
    conntrack: {},
    cores: 1,
    plan: {
      nf_conntrack_max: 131_072,
      hashsize: 32_768,
      nf_conntrack_tcp_timeout_established: 86_400,
      nf_conntrack_tcp_timeout_close_wait: 3_600,
    },
  },
];

describe("planSysctls", () => {
  for (const { rule, conntrack, cores = 4, plan } of rows) {
    it(rule, () => {
      const settings = planSysctls(makeNodeProxyConfig({ conntrack }).conntrack, cores);
      const names = settings.map(({ file, value }) => [file.slice(file.lastIndexOf("/") + 1), value]);
      assert.deepEqual(Object.fromEntries(names), plan);
    });
  }

  it("the hash table is only ever raised, the limit also lowered", () => {
    const settings = planSysctls(makeNodeProxyConfig({}).conntrack, 4);
    const raised = settings.filter(({ onlyRaise }) => onlyRaise).map(({ file }) => file);
    assert.deepEqual(raised, ["sys/module/nf_conntrack/parameters/hashsize"]);
  });
});
