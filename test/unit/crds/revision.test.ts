import assert from "node:assert/strict";
import { revisionOf } from "../../../crds/revision.ts";
import { settingsOf } from "../../../crds/node-settings.ts";
import { makeProxyConfig } from "../operator/plan/make-cluster.ts";

function revision(spec: object, name = "default"): string {
  return settingsOf(makeProxyConfig({ name, spec })).revision;
}

describe("revisionOf", () => {
  it("is rev- and 10 hexadecimal digits", () => {
    assert.match(revision({}), /^rev-[0-9a-f]{10}$/);
  });

  it("does not depend on the order of fields", () => {
    const { config } = settingsOf(makeProxyConfig({ spec: { localTraffic: { detect: "NodeCIDR" } } }));
    const reversed = Object.fromEntries(Object.entries(config).toReversed());
    assert.equal(revisionOf({ ...config, ...reversed }), revisionOf(config));
    const { mode, ...rest } = config;
    assert.equal(revisionOf({ ...rest, mode }), revisionOf(config));
  });

  it("does not depend on the name, nodeSelector, priority or rollout", () => {
    const other = {
      nodeSelector: { matchLabels: { a: "b" } },
      priority: 7,
      rollout: { paused: true, maxUnavailable: 3 },
    };
    assert.equal(revision(other, "another"), revision({}));
  });

  const changes = [
    { mode: "iptables" },
    { masqueradeAll: true },
    { fallbackModes: ["iptables", "ipvs"] },
    { fallbackModes: ["ipvs", "iptables"] },
    { scheduling: { algorithm: "Maglev" } },
    { conntrack: { min: 1 } },
    { services: [{ name: "r", names: ["ns/svc"], mode: "ipvs" }] },
  ];

  it("differs for every change of settings, including the order of a list", () => {
    const revisions = [{}, ...changes].map((spec) => revision(spec));
    assert.equal(new Set(revisions).size, changes.length + 1);
  });
});
