import assert from "node:assert/strict";
import type { NodeProxy } from "../../../../crds/api.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { callsOf, refused, startLeader } from "./leading-operator.ts";

const { nodes, nodeProxies, proxyConfigs } = resources;

describe("lead", () => {
  it("brings a cluster to its plan, reports what happened, and then rests", async () => {
    const operator = await startLeader({ nodeNames: ["node-1", "node-2"] });
    await operator.clock.advance(1000);
    assert.deepEqual(operator.nodeProxyNames(), ["node-1", "node-2"]);
    assert.equal(operator.status()?.nodes?.selected, 2);
    assert.deepEqual(
      operator.events.map(({ reason, regarding }) => `${reason} ${regarding.kind}/${regarding.name}`),
      ["RolloutStarted ProxyConfig/default"],
    );
    const calls = operator.client.calls.length;
    await operator.clock.advance(20_000);
    assert.equal(operator.client.calls.length, calls);
    await operator.end();
  });

  it("follows changes", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    await operator.client.create(nodes, { metadata: { name: "node-2" } });
    await operator.client.delete({ resource: nodes, name: "node-1" });
    await operator.clock.advance(1000);
    assert.deepEqual(operator.nodeProxyNames(), ["node-2"]);
    await operator.end();
  });

  it("does not let one failing write hold up the others, and repeats it after a while", async () => {
    const operator = await startLeader({
      nodeNames: ["node-1", "node-2", "node-3"],
      prepare: (client) => client.failNext("apply", refused, { resource: nodeProxies }),
    });
    await operator.clock.advance(400);
    assert.equal(operator.nodeProxyNames().length, 2);
    assert.equal(callsOf(operator.client, "apply", "nodeproxies"), 3);
    await operator.clock.advance(2000);
    assert.equal(operator.nodeProxyNames().length, 3);
    assert.equal(callsOf(operator.client, "apply", "nodeproxies"), 4);
    await operator.end();
  });

  it("reports nothing before the status that says so is written", async () => {
    const operator = await startLeader({
      prepare: (client) => client.failNext("apply", refused, { resource: proxyConfigs, times: 3 }),
    });
    await operator.clock.advance(500);
    assert.deepEqual(operator.events, []);
    await operator.clock.advance(20_000);
    assert.equal(operator.events.length, 1);
    await operator.end();
  });

  it("asks the API server before it deletes the NodeProxy of a node that seems to be gone", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    await operator.client.create(nodes, { metadata: { name: "node-2" } });
    await operator.clock.advance(50); // in the pause after a round
    await operator.client.delete({ resource: nodes, name: "node-1" });
    operator.client.setSilent(true); // the watches miss that it comes back
    await operator.client.create(nodes, { metadata: { name: "node-1" } });
    await operator.clock.advance(1000);
    assert.deepEqual(operator.nodeProxyNames(), ["node-1", "node-2"]);
    assert.ok(callsOf(operator.client, "get", "nodes") > 0);
    await operator.end();
  });

  it("writes hundreds of nodes in rounds, with bounded concurrency", async () => {
    const nodeNames = Array.from({ length: 1200 }, (_, index) => `node-${index}`);
    const operator = await startLeader({ nodeNames });
    await operator.clock.advance(50);
    assert.ok(operator.client.objects<NodeProxy>(nodeProxies).length <= 500);
    await operator.clock.advance(1000);
    assert.equal(operator.client.objects<NodeProxy>(nodeProxies).length, 1200);
    assert.equal(callsOf(operator.client, "apply", "nodeproxies"), 1200);
    await operator.end();
  });

  it("ends when its term does, also before it knows the cluster", async () => {
    const operator = await startLeader({
      prepare: (client) => client.failNext("watch", refused, { times: 100 }),
    });
    await operator.clock.advance(1000);
    await operator.end();
    assert.equal(callsOf(operator.client, "apply", "nodeproxies"), 0);
  });

  it("ends when its term does, and writes nothing after", async () => {
    const operator = await startLeader();
    await operator.clock.advance(1000);
    await operator.end();
    const calls = operator.client.calls.length;
    await operator.client.create(nodes, { metadata: { name: "node-2" } });
    await operator.clock.advance(10_000);
    assert.equal(operator.client.calls.length, calls + 1);
    assert.equal(operator.client.openWatches, 0);
  });
});
