import assert from "node:assert/strict";
import { apiGroupVersion } from "../../../crds/api.ts";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { ApiError } from "../../../platform/kube/api-error.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { AgentUnderTest, makeWebSlice, nodeName, until } from "../../support/agent-under-test.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";
import { makeServiceName } from "../../support/make-sync-outcome.ts";

describe("agent", () => {
  let agent: AgentUnderTest;
  beforeEach(async () => {
    agent = await AgentUnderTest.create();
  });
  afterEach(() => agent.close());

  it("programs the kernel under the settings of its NodeProxy and says so in the status", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    assert.deepEqual(agent.dataplane.syncs, [{ kind: "full" }]);
    await agent.clock.advance(1_000);
    const status = await agent.readStatus();
    assert.equal(status?.observedRevision, "r1");
    assert.equal(status.conditions?.find(({ type }) => type === "Ready")?.status, "True");
  });

  it("touches nothing in the kernel while there is no NodeProxy", async () => {
    agent.start();
    await agent.clock.advance(120_000);
    assert.deepEqual(agent.dataplane.calls, []);
    await agent.setNodeProxy(makeNodeProxySpec());
    await until(() => agent.dataplane.syncs.length === 1);
  });

  it("a changed EndpointSlice is a partial sync of its Service", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.deepEqual(agent.dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
  });

  it("an API server without ServiceCIDRs does not hold the agent up", async () => {
    const notFound = new ApiError({ statusCode: 404, reason: "NotFound", message: "no such resource" });
    agent.api.failNext("list", notFound, { resource: resources.serviceCIDRs, times: 1000 });
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
  });

  it("the status is written on change and as a heartbeat, not once per sync", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(1_000);
    const before = agent.countCalls("apply", "nodeproxies");
    for (let index = 0; index < 10; index += 1) {
      await agent.api.update(resources.endpointSlices, makeWebSlice(`10.1.0.${index + 6}`));
      await agent.clock.advance(1_500);
    }
    assert.ok(agent.dataplane.syncs.length > 10);
    assert.equal(agent.countCalls("apply", "nodeproxies"), before);
    await agent.clock.advance(15_000);
    assert.equal(agent.countCalls("apply", "nodeproxies"), before + 1);
  });

  it("a NodeProxy that was deleted and made again gets its status again; the kernel is left alone", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(1_000);
    await agent.api.delete({ resource: resources.nodeProxies, name: nodeName });
    await agent.clock.advance(60_000);
    assert.equal(await agent.readStatus(), undefined);
    await agent.setNodeProxy(makeNodeProxySpec());
    await agent.clock.advance(1_000);
    assert.equal((await agent.readStatus())?.observedRevision, "r1");
    assert.equal(agent.dataplane.syncs.length, 1);
  });

  it("an API server that refuses the status does not stop the agent, and gets it later", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.api.failNext("apply", new ApiError({ statusCode: 503, reason: "", message: "no" }), { times: 3 });
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(20_000);
    assert.equal((await agent.readStatus())?.observedRevision, "r1");
  });

  it("a refused Service is an Event on the NodeProxy and in the status", async () => {
    agent.dataplane.refused.set(makeServiceName("default/web"), "No such file");
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(1_000);
    assert.deepEqual(
      agent.events.map(({ reason, regarding }) => [reason, regarding.kind, regarding.name]),
      [["ServiceRejected", "NodeProxy", nodeName]],
    );
    const status = await agent.readStatus();
    assert.equal(status?.services?.unsupported?.[0]?.service, "default/web");
    assert.equal(status.conditions?.find(({ type }) => type === "Degraded")?.status, "True");
  });

  it("with a file the agent needs no NodeProxy and writes none", async () => {
    const text = { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name: "file" }, spec: {} };
    agent.start(parseProxyConfig(text));
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.clock.advance(60_000);
    assert.equal(agent.countCalls("watch", "nodeproxies") + agent.countCalls("apply", "nodeproxies"), 0);
  });

  it("stopping closes the dataplane and leaves the kernel alone", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1);
    await agent.stop();
    assert.ok(!agent.dataplane.calls.includes("cleanup"));
    assert.equal(agent.dataplane.calls.at(-1), "close");
  });
});
