import { KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import type { NodeProxy, ProxyConfig } from "../../../../crds/api.ts";
import { lead, type LeadOptions } from "../../../../operator/reconcile/lead.ts";
import type { OperatorMetrics } from "../../../../operator/http/metrics.ts";
import type { RecordedEvent } from "../../../../platform/kube/events.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { makeProxyConfig, nowMs } from "../plan/make-cluster.ts";

const { nodes, nodeProxies, proxyConfigs } = resources;

const noMetrics: OperatorMetrics = { reconciled() {}, wrote() {}, setLeader() {} };

/** An operator that leads, against an API server in memory. */
async function startLeader({
  nodeNames = ["node-1"],
  prepare = () => {},
}: {
  readonly nodeNames?: readonly string[];
  readonly prepare?: (client: FakeApiClient) => void;
} = {}) {
  const clock = new FakeClock(nowMs);
  const client = new FakeApiClient({ now: () => clock.now() });
  const { apiVersion, kind, spec } = makeProxyConfig();
  await client.create(proxyConfigs, { apiVersion, kind, metadata: { name: "default" }, spec });
  for (const name of nodeNames) await client.create(nodes, { metadata: { name } });

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: "c", server: "http://127.0.0.1:1", skipTLSVerify: false },
    { name: "u" },
  );
  prepare(client);
  const events: RecordedEvent[] = [];
  const options: LeadOptions = {
    kubeConfig,
    client,
    recorder: { record: (event) => events.push(event), flush: () => Promise.resolve() },
    metrics: noMetrics,
    tracing: { inSpan: (_name, _attributes, fn) => fn(), shutdown: () => Promise.resolve() },
    clock,
    log: silentLogger,
  };
  let stop = new AbortController();
  let leading = lead(options, stop.signal);
  return {
    client,
    clock,
    events,
    nodeProxyNames: () => client.objects(nodeProxies).map(({ metadata }) => metadata.name),
    /** Lets that many minutes pass on an API server that is well, and half a second more. */
    async bookmarks(minutes: number) {
      for (let minute = 0; minute < minutes; minute += 1) {
        await clock.advance(60_000);
        client.sendBookmarks();
      }
      await clock.advance(500);
    },
    status: () => client.objects<ProxyConfig>(proxyConfigs)[0]?.status,
    async end() {
      stop.abort();
      await leading;
    },
    leadAgain() {
      stop = new AbortController();
      leading = lead(options, stop.signal);
    },
  };
}

const refused = new Error("connection refused");
const callsOf = (client: FakeApiClient, method: string, plural: string) =>
  client.calls.filter((call) => call.method === method && call.resource.plural === plural).length;

describe("lead", () => {
  it("brings a cluster to its plan, tells what happened, and then rests", async () => {
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

  it("tells nothing before the status is written that says so", async () => {
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

  it("plans nothing before it has listed every kind", async () => {
    for (const resource of [proxyConfigs, nodes, nodeProxies]) {
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

  it("goes by its watches where they lag behind the answers to its writes: no step back, nothing told twice", async () => {
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
    const told = operator.events.map(({ reason, message }) => `${reason} ${message}`);
    assert.deepEqual(told, [...new Set(told)]);
    await operator.end();
  });

  it("makes a NodeProxy anew that is deleted while its write is being answered", async () => {
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
