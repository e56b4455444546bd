import assert from "node:assert/strict";
import { apiGroupVersion } from "../../../crds/api.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { AgentUnderTest, makeWebSlice, nodeName, until } from "../../support/agent-under-test.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";

describe("agent with new settings", () => {
  let agent: AgentUnderTest;
  beforeEach(async () => {
    agent = await AgentUnderTest.create();
  });
  afterEach(() => agent.close());

  it("Namespaces are watched only for rules that select by them", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    assert.equal(agent.countCalls("watch", "namespaces") > 0, false);
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { services: [rule] } }));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.equal(agent.countCalls("watch", "namespaces") > 0, true);
  });

  it("settings that select by namespace wait for the Namespaces; meanwhile those before are served and followed", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    agent.api.failNext("watch", new Error("connection refused"), {
      resource: resources.namespaces,
      times: 6,
    });
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { services: [rule] } }));
    await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.deepEqual(agent.dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
    await agent.clock.advance(1_000);
    const status = await agent.readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.status, ready?.reason], ["r1", "False", "Waiting"]);
    assert.equal(ready?.message, "Revision r2 waits for Namespaces; until then the node keeps revision r1.");
    await agent.clock.advance(60_000);
    await until(() => agent.dataplane.syncs.length === 3);
    assert.equal((await agent.readStatus())?.observedRevision, "r2");
  });

  it("the first settings wait for the Namespaces if they select by them: a half-known selector is never applied", async () => {
    agent.api.failNext("watch", new Error("connection refused"), {
      resource: resources.namespaces,
      times: 6,
    });
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await agent.setNodeProxy(makeNodeProxySpec({ config: { services: [rule] } }));
    agent.start();
    await until(() => agent.countCalls("watch", "namespaces") > 0);
    await agent.clock.advance(1_000);
    assert.equal(agent.dataplane.syncs.length, 0);
    await agent.clock.advance(60_000);
    await until(() => agent.dataplane.syncs.length === 1);
  });

  it("settings that do not select by namespace any more do not wait for the Namespaces", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    agent.api.failNext("watch", new Error("connection refused"), {
      resource: resources.namespaces,
      times: 1000,
    });
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { services: [rule] } }));
    await until(() => agent.countCalls("watch", "namespaces") > 0);
    await agent.clock.advance(10_000);
    assert.equal(agent.dataplane.syncs.length, 1);
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r3", config: { masqueradeAll: true } }));
    await until(() => agent.dataplane.syncs.length === 2);
    await agent.clock.advance(1_000);
    assert.equal((await agent.readStatus())?.observedRevision, "r3");
  });

  it("a NodeProxy that cannot be used leaves the current settings, and its status says why until it can", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(1_000);
    const { drift: _drift, ...config } = makeNodeProxySpec().config;
    await agent.api.delete({ resource: resources.nodeProxies, name: nodeName });
    const unusable = { ...makeNodeProxySpec({ revision: "r2" }), config };
    await agent.api.create(resources.nodeProxies, { metadata: { name: nodeName }, spec: unusable });
    await agent.clock.advance(60_000);
    const status = await agent.readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.reason], ["r1", "SettingsUnusable"]);
    assert.match(ready?.message ?? "", /spec\.config\.drift/);
    assert.equal(agent.dataplane.syncs.length, 1);
    assert.equal(agent.log.lines.filter(({ message }) => message.includes("cannot be used")).length, 1);
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r3" }));
    await until(() => agent.dataplane.syncs.length === 2);
    await agent.clock.advance(1_000);
    assert.equal((await agent.readStatus())?.observedRevision, "r3");
  });

  it("a first NodeProxy that cannot be used gets a status that says why, and the kernel is left alone", async () => {
    const { drift: _drift, ...config } = makeNodeProxySpec().config;
    const unusable = { ...makeNodeProxySpec(), config };
    await agent.api.create(resources.nodeProxies, {
      metadata: { name: nodeName, generation: 4 },
      spec: unusable,
    });
    agent.start();
    await until(() => agent.log.lines.some(({ message }) => message.includes("cannot be used")));
    await agent.clock.advance(1_000);
    const status = await agent.readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.status], [undefined, "False"]);
    assert.equal(ready?.reason, "SettingsUnusable");
    assert.match(
      ready.message,
      /cannot be used, and there are no settings from before: it lacks spec\.config\.drift/,
    );
    assert.deepEqual(agent.dataplane.calls, []);
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(1_000);
    assert.equal((await agent.readStatus())?.observedRevision, "r2");
  });

  it("a value that cannot be parsed makes the NodeProxy unusable, and it stays so when it comes again", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    const nodePorts = { ...makeNodeProxySpec().config.nodePorts, addresses: ["10.0.0.0/99"] };
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { nodePorts } }));
    await agent.api.apply(
      resources.nodeProxies,
      { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: nodeName, labels: { a: "b" } } },
      { fieldManager: "labels" },
    );
    await agent.clock.advance(1_000);
    const status = await agent.readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.reason], ["r1", "SettingsUnusable"]);
    assert.match(ready?.message ?? "", /spec\.config\.nodePorts.*10\.0\.0\.0\/99/);
  });
});
