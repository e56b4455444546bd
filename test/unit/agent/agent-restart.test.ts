import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderStoredSettings } from "../../../agent/settings/stored-settings.ts";
import type { NodeProxySpec } from "../../../crds/api.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { AgentUnderTest, until, webService } from "../../support/agent-under-test.ts";
import { FakeDataplane } from "../../support/fake-dataplane.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";

describe("agent that starts again", () => {
  let agent: AgentUnderTest;
  beforeEach(async () => {
    agent = await AgentUnderTest.create();
  });
  afterEach(() => agent.close());

  it("goes on without stored settings that lack what this version needs", async () => {
    const { localTraffic: _localTraffic, ...config } = makeNodeProxySpec().config;
    const stored = { ...makeNodeProxySpec(), config } as NodeProxySpec;
    await writeFile(join(agent.stateDir, "settings.json"), renderStoredSettings(stored));
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
  });

  it("runs the stored settings while the NodeProxy cannot be read", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    const file = join(agent.stateDir, "settings.json");
    await until(async () => (await readFile(file, "utf8").catch(() => "")) !== "");
    assert.equal(await readFile(file, "utf8"), renderStoredSettings(makeNodeProxySpec()));
    await agent.stop();

    agent.dataplane = new FakeDataplane();
    agent.api.failNext("watch", new Error("connection refused"), {
      resource: resources.nodeProxies,
      times: 1000,
    });
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
  });

  /** An agent that ends after it has seen Services default/web and default/gone, of which the second is deleted then. */
  async function startAgainWithoutServices({ booted }: { readonly booted: boolean }): Promise<void> {
    const gone = structuredClone(webService);
    Object.assign(gone.metadata, { name: "gone" });
    Object.assign(gone.spec, { clusterIP: "10.96.0.11", clusterIPs: ["10.96.0.11"] });
    await agent.api.create(resources.services, gone);
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.stop();

    await agent.api.delete({ resource: resources.services, name: "gone", namespace: "default" });
    for (const resource of [resources.services, resources.endpointSlices]) {
      agent.api.failNext("watch", new Error("connection refused"), { resource, times: 6 });
    }
    if (booted) agent.dataplane = new FakeDataplane();
    const watches = agent.countCalls("watch", "services");
    agent.start();
    await until(() => agent.countCalls("watch", "services") > watches);
  }

  it("a node without rules serves stored Services while the API server is away; then only what differs changes", async () => {
    await startAgainWithoutServices({ booted: true });
    await agent.clock.advance(2_000);
    await until(() => agent.dataplane.syncs.length === 1);
    assert.deepEqual(agent.dataplane.syncs, [{ kind: "full" }]);
    await agent.clock.advance(1_000);
    const ready = (await agent.readStatus())?.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.reason, "Waiting");
    assert.match(ready.message ?? "", /Services are served as they were at 2026-01-01T00:00:00.000Z/);
    await agent.clock.advance(60_000);
    await until(() => agent.dataplane.syncs.length === 2);
    assert.deepEqual(agent.dataplane.syncs[1], { kind: "partial", services: new Set(["default/gone"]) });
    assert.equal(
      (await agent.readStatus())?.conditions?.find(({ type }) => type === "Ready")?.status,
      "True",
    );
  });

  it("rules of an earlier run are left alone until the first lists are complete", async () => {
    await startAgainWithoutServices({ booted: false });
    await agent.clock.advance(4_000);
    assert.equal(agent.dataplane.syncs.length, 1);
    await agent.clock.advance(60_000);
    await until(() => agent.dataplane.syncs.length === 2);
    assert.deepEqual(agent.dataplane.syncs[1], { kind: "full" });
  });
});
