import assert from "node:assert/strict";
import type { NodeProxy } from "../../../../crds/api.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { makeProxyConfig } from "../plan/make-cluster.ts";
import { callsOf, refused, startLeader } from "./leading-operator.ts";

const { nodes, nodeProxies, proxyConfigs } = resources;

describe("lead, by what its watches show", () => {
  it("notices that an agent is silent, by nothing but bookmarks", async () => {
    const operator = await startLeader();
    await operator.bookmarks(2);
    assert.deepEqual(operator.status()?.failing, []);
    await operator.bookmarks(1);
    assert.equal(operator.status()?.failing?.[0]?.reason, "AgentSilent");
    const calls = operator.client.calls.length;
    await operator.bookmarks(5);
    assert.equal(operator.client.calls.length, calls);
    await operator.end();
  });

  it("takes no agent for silent because the API server was away, noticed or not", async () => {
    const operator = await startLeader();
    await operator.bookmarks(1);
    operator.client.setSilent(true);
    await operator.clock.advance(170_000);
    operator.client.failNext("watch", refused, { resource: nodeProxies, times: 10 });
    operator.client.dropConnections(refused);
    await operator.clock.advance(600_000);
    operator.client.setSilent(false);
    await operator.bookmarks(1);
    assert.deepEqual(operator.status()?.failing, []);
    await operator.bookmarks(1);
    assert.equal(operator.status()?.failing?.[0]?.reason, "AgentSilent");
    await operator.end();
  });

  it("plans nothing before it has listed every kind", async () => {
    for (const resource of [proxyConfigs, nodes, nodeProxies, resources.controllerRevisions]) {
      const operator = await startLeader({
        prepare: (client) => client.failNext("watch", refused, { resource, times: 5 }),
      });
      await operator.clock.advance(1000);
      assert.equal(callsOf(operator.client, "apply", "nodeproxies"), 0, resource.plural);
      await operator.clock.advance(10_000);
      assert.equal(callsOf(operator.client, "apply", "nodeproxies"), 1, resource.plural);
      await operator.end();
    }
  });

  it("plans in another term from what it lists then, not from what it knew", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    const modes = () => operator.client.objects<NodeProxy>(nodeProxies).map(({ spec }) => spec.config.mode);
    assert.deepEqual(modes(), ["nftables"]);
    await operator.end();
    operator.client.setSilent(true);
    const config = { resource: proxyConfigs, name: "default" };
    await operator.client.mergePatch(config, { spec: { mode: "ipvs" } });
    operator.client.setSilent(false);
    const { length } = operator.client.calls;
    operator.leadAgain();
    await operator.clock.advance(1000);
    assert.deepEqual(modes(), ["ipvs"]);
    const writes = operator.client.calls
      .slice(length)
      .filter((call) => call.method === "apply" && call.resource === nodeProxies);
    assert.equal(writes.length, 1);
    await operator.end();
  });

  it("relies on its watches where they lag behind the responses to its writes: no step back, nothing reported twice", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    await operator.client.create(nodes, { metadata: { name: "node-2" } });
    await operator.clock.advance(50); // in the pause after a round
    await operator.client.create(nodes, { metadata: { name: "node-3" } });
    const nextEvent = operator.client.holdEvents();
    const config = { resource: proxyConfigs, name: "default" };
    await operator.client.mergePatch(config, { spec: { mode: "ipvs" } });
    for (let second = 0; second < 20; second += 1) {
      await operator.clock.advance(1000);
      nextEvent();
    }
    const modes = operator.client.calls
      .filter((call) => call.method === "apply" && call.resource === nodeProxies)
      .map(({ name, body }) => `${name} ${(body as NodeProxy).spec.config.mode}`);
    const names = ["node-1", "node-2", "node-3"];
    assert.deepEqual(
      modes,
      ["nftables", "ipvs"].flatMap((mode) => names.map((name) => `${name} ${mode}`)),
    );
    const reported = operator.events.map(({ reason, message }) => `${reason} ${message}`);
    assert.deepEqual(reported, [...new Set(reported)]);
    await operator.end();
  });

  it("recreates a NodeProxy that is deleted while its write is being answered", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    const release = operator.client.holdNextApply({ resource: nodeProxies, name: "node-2" });
    await operator.client.create(nodes, { metadata: { name: "node-2" } });
    await operator.clock.advance(1000);
    await operator.client.delete({ resource: nodeProxies, name: "node-2" });
    await operator.clock.advance(1000);
    release();
    await operator.clock.advance(1000);
    assert.deepEqual(operator.nodeProxyNames(), ["node-1", "node-2"]);
    await operator.end();
  });

  it("forgets a ProxyConfig that is deleted while the write of its status is being answered", async () => {
    const operator = await startLeader();
    const winner = makeProxyConfig({ name: "winner", spec: { priority: 1, mode: "ipvs" } });
    await operator.clock.advance(1000);
    const release = operator.client.holdNextApply({ resource: proxyConfigs, name: "winner" });
    await operator.client.create(proxyConfigs, { ...winner, metadata: { name: "winner" } });
    await operator.clock.advance(1000);
    await operator.client.delete({ resource: proxyConfigs, name: "winner" });
    await operator.clock.advance(1000);
    release();
    await operator.clock.advance(1000);
    const [nodeProxy] = operator.client.objects<NodeProxy>(nodeProxies);
    assert.equal(nodeProxy?.spec.configName, "default");
    await operator.end();
  });

  it("waits until the next list where a watch does not show what was written", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    await operator.client.create(nodes, { metadata: { name: "node-2" } });
    await operator.clock.advance(50); // in the pause after a round
    await operator.client.create(nodes, { metadata: { name: "node-3" } });
    operator.client.setSilent(true);
    await operator.clock.advance(1000);
    const three = ["node-1", "node-2", "node-3"];
    assert.deepEqual(operator.nodeProxyNames(), three);
    operator.client.setSilent(false);
    await operator.client.create(nodes, { metadata: { name: "node-4" } });
    await operator.clock.advance(1000);
    assert.deepEqual(operator.nodeProxyNames(), three);
    operator.client.expireHistory();
    operator.client.dropConnections(refused);
    await operator.clock.advance(1000);
    assert.deepEqual(operator.nodeProxyNames(), [...three, "node-4"]);
    await operator.end();
  });
});
