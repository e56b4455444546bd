import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderStoredSettings } from "../../../agent/settings/stored-settings.ts";
import { apiGroupVersion } from "../../../crds/api.ts";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { AgentUnderTest, makeWebSlice, until } from "../../support/agent-under-test.ts";
import { FakeDataplane } from "../../support/fake-dataplane.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";

const unsupported = makeNodeProxySpec({ revision: "r2", config: { mode: "ipvs", fallbackModes: [] } });

describe("agent with settings whose modes the node cannot run", () => {
  let agent: AgentUnderTest;
  beforeEach(async () => {
    agent = await AgentUnderTest.create();
  });
  afterEach(() => agent.close());

  async function isUnsupported(): Promise<boolean> {
    return (await agent.conditions()).ready?.reason === "ModeUnsupported";
  }

  it("goes on following Services under the current ones, and says what is missing", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.setNodeProxy(unsupported);
    await until(isUnsupported);
    await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.deepEqual(agent.dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
    await agent.clock.advance(120_000);
    const { observedRevision, ready, applied } = await agent.conditions();
    assert.equal(observedRevision, "r1");
    assert.deepEqual([ready?.status, ready?.reason], ["False", "ModeUnsupported"]);
    assert.equal(
      ready?.message,
      "Revision r2 cannot be applied, the node keeps revision r1: mode ipvs cannot run: this version of the agent has only nftables.",
    );
    assert.deepEqual([applied?.status, applied?.reason], ["False", "ModeUnsupported"]);
    assert.match(applied?.message ?? "", /has only nftables/);
    assert.deepEqual(
      agent.events.map(({ reason, message }) => [reason, message]),
      [["ModeUnsupported", "mode ipvs cannot run: this version of the agent has only nftables"]],
    );
  });

  it("leaves /healthz as it is, however long that takes", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.setNodeProxy(unsupported);
    await until(isUnsupported);
    await agent.clock.advance(600_000);
    const servers = agent.log.lines.filter(({ message }) => message === "serving HTTP");
    const pages = servers.map(({ fields }) => `http://127.0.0.1:${String(fields["port"])}/healthz`);
    const answers = await Promise.all(pages.map((page) => fetch(page)));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    // The other address has a page of this name too.
    const health = bodies.find((body) => body.includes("nodeEligible"));
    assert.match(health ?? "", /"healthy":true,.*"messages":\[\]/);
  });

  it("repairs drift under the current ones", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.setNodeProxy(unsupported);
    await until(isUnsupported);
    agent.dataplane.observer?.onForeignChange({ culprit: undefined, what: "deleted table ip kubesteer" });
    await until(() => agent.dataplane.syncs.length === 2);
    assert.deepEqual(agent.dataplane.syncs[1], { kind: "full" });
  });

  it("follows under the stored ones after a new start", async () => {
    await writeFile(join(agent.stateDir, "settings.json"), renderStoredSettings(makeNodeProxySpec()));
    await agent.setNodeProxy(unsupported);
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await until(isUnsupported);
    await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.equal((await agent.conditions()).observedRevision, "r1");
  });

  it("applies different ones at once", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.setNodeProxy(unsupported);
    await until(isUnsupported);
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r3", config: { masqueradeAll: true } }));
    await until(() => agent.dataplane.syncs.length === 2);
    const { observedRevision, ready } = await agent.conditions();
    assert.deepEqual([observedRevision, ready?.status], ["r3", "True"]);
  });

  it("applies them when the node can run them", async () => {
    const ipvs = new FakeDataplane("ipvs");
    ipvs.missing = ["the kernel module ip_vs"];
    agent.otherDataplanes = [ipvs];
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.setNodeProxy(unsupported);
    await until(isUnsupported);
    assert.match(
      (await agent.conditions()).ready?.message ?? "",
      /: mode ipvs cannot run: the kernel module ip_vs\.$/,
    );
    ipvs.missing = [];
    await agent.clock.advance(60_000);
    await until(() => ipvs.syncs.length === 1);
    const { observedRevision, ready } = await agent.conditions();
    assert.deepEqual([observedRevision, ready?.status], ["r2", "True"]);
  });

  it("follows under the stored ones also where they come from a file", async () => {
    await writeFile(join(agent.stateDir, "settings.json"), renderStoredSettings(makeNodeProxySpec()));
    const spec = { mode: "ipvs", fallbackModes: [] };
    agent.start(
      parseProxyConfig({
        apiVersion: apiGroupVersion,
        kind: "ProxyConfig",
        metadata: { name: "file" },
        spec,
      }),
    );
    await until(() => agent.dataplane.syncs.length === 1);
    await until(() => agent.log.lines.some(({ message }) => message.includes("wait for a mode")));
    await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
    await until(() => agent.dataplane.syncs.length === 2);
  });

  it("a node that never had others is not ready, and takes the next it can run", async () => {
    await agent.setNodeProxy(unsupported);
    agent.start();
    await until(isUnsupported);
    assert.equal((await agent.conditions()).observedRevision, undefined);
    assert.deepEqual(agent.dataplane.syncs, []);
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r3" }));
    await until(() => agent.dataplane.syncs.length === 1);
  });
});
