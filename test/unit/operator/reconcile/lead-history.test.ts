import assert from "node:assert/strict";
import type { NodeProxy } from "../../../../crds/api.ts";
import { settingsOf } from "../../../../crds/node-settings.ts";
import type { ControllerRevision } from "../../../../operator/plan/history/controller-revision.ts";
import { findCondition } from "../../../../platform/kube/conditions.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import type { FakeApiClient } from "../../../support/fake-api-client.ts";
import { makeProxyConfig } from "../plan/make-cluster.ts";
import { refused, startLeader } from "./leading-operator.ts";

const { controllerRevisions, nodes, nodeProxies, proxyConfigs } = resources;
const config = { resource: proxyConfigs, name: "default" };
const { revision } = settingsOf(makeProxyConfig());
const changed = settingsOf(makeProxyConfig({ spec: { mode: "ipvs" } }));

/** The writes so far, as `plural name`. */
function writesOf(client: FakeApiClient) {
  return client.calls
    .filter(({ method }) => method === "apply")
    .map(({ resource, name }) => `${resource.plural} ${name ?? ""}`);
}

function revisionsOf(client: FakeApiClient) {
  return client.objects<ControllerRevision>(controllerRevisions);
}

function assigned(client: FakeApiClient) {
  return client.objects<NodeProxy>(nodeProxies).map(({ spec }) => spec.revision);
}

describe("lead, history", () => {
  it("stores a revision, then records the step, then gives it to the nodes", async () => {
    const operator = await startLeader();
    const { client, clock } = operator;
    await clock.advance(1000);
    assert.deepEqual(writesOf(client).slice(0, 3), [
      `controllerrevisions kubesteer-default-${revision}`,
      "proxyconfigs default",
      "nodeproxies node-1",
    ]);
    const [stored] = revisionsOf(client);
    assert.equal(stored?.metadata.namespace, "kube-system");
    assert.deepEqual(stored.data.config, client.objects<NodeProxy>(nodeProxies)[0]?.spec.config);
    await operator.end();
  });

  it("stores each revision once, whatever it goes back to", async () => {
    const operator = await startLeader();
    const { client, clock } = operator;
    for (const mode of ["nftables", "ipvs", "nftables", "ipvs"]) {
      await client.mergePatch(config, { spec: { mode } });
      await clock.advance(1000);
    }
    assert.deepEqual(
      new Map(revisionsOf(client).map(({ metadata, revision: sequence }) => [metadata.name, sequence])),
      new Map([
        [`kubesteer-default-${revision}`, 3],
        [`kubesteer-default-${changed.revision}`, 4],
      ]),
    );
    await operator.end();
  });

  it("deletes the oldest revisions that nothing uses", async () => {
    const operator = await startLeader();
    const { client, clock } = operator;
    for (let minPeriodMilliseconds = 0; minPeriodMilliseconds < 15; minPeriodMilliseconds += 1) {
      await client.mergePatch(config, { spec: { sync: { minPeriodMilliseconds } } });
      await clock.advance(1000);
    }
    const sequences = revisionsOf(client).map(({ revision: sequence }) => sequence);
    assert.deepEqual(
      sequences.toSorted((a, b) => a - b),
      [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    );
    await operator.end();
  });

  it("replaces an object of the same name with other content", async () => {
    const foreign = makeProxyConfig({ spec: { masqueradeAll: true } });
    const operator = await startLeader();
    const { client, clock } = operator;
    await clock.advance(1000);
    const ref = {
      resource: controllerRevisions,
      name: `kubesteer-default-${revision}`,
      namespace: "kube-system",
    };
    await client.mergePatch(ref, { data: { config: settingsOf(foreign).config } });
    await clock.advance(1000);
    assert.equal(revisionsOf(client)[0]?.data.config.masqueradeAll, false);
    await operator.end();
  });

  it("changes no node while the revision cannot be stored, says so once, and goes on afterwards", async () => {
    const operator = await startLeader();
    const { client, clock, events } = operator;
    await clock.advance(1000);
    client.failNext("apply", refused, { resource: controllerRevisions, times: 4 });
    await client.mergePatch(config, { spec: { mode: "ipvs" } });
    await clock.advance(6000);
    assert.deepEqual(assigned(client), [revision]);
    assert.deepEqual(
      [operator.status()?.updateRevision, operator.status()?.rollout?.to],
      [revision, revision],
    );
    assert.equal(operator.status()?.rollout?.phase, "Blocked");
    await client.create(nodes, { metadata: { name: "node-2" } });
    await clock.advance(300);
    assert.deepEqual(assigned(client), [revision, revision]);
    const message = `revision ${changed.revision} cannot be stored, so no node gets it: connection refused`;
    for (const [type, shown] of [
      ["Ready", "False"],
      ["Progressing", "True"],
    ] as const) {
      const condition = findCondition(operator.status()?.conditions ?? [], type);
      assert.deepEqual([condition?.status, condition?.reason], [shown, "RevisionNotStored"]);
      assert.ok(condition?.message.includes(message), condition?.message);
    }
    await clock.advance(60_000);
    assert.deepEqual(assigned(client), [changed.revision, changed.revision]);
    assert.equal(operator.status()?.rollout?.phase, "Updating");
    assert.deepEqual(
      events.map(({ reason }) => reason),
      ["RolloutStarted", "RevisionNotStored", "RolloutStarted"],
    );
    await operator.end();
  });

  it("holds up no other ProxyConfig by a revision that cannot be stored", async () => {
    const operator = await startLeader();
    const { client, clock } = operator;
    await clock.advance(1000);
    client.failNext("apply", refused, { resource: controllerRevisions, times: 2 });
    const spec = { mode: "ipvs", priority: 1, nodeSelector: { matchLabels: { pool: "edge" } } };
    const { apiVersion, kind, spec: edge } = makeProxyConfig({ spec });
    await client.create(proxyConfigs, { apiVersion, kind, metadata: { name: "edge" }, spec: edge });
    await client.create(nodes, { metadata: { name: "edge-1", labels: { pool: "edge" } } });
    await client.create(nodes, { metadata: { name: "node-2" } });
    await clock.advance(500);
    assert.deepEqual(
      client.objects<NodeProxy>(nodeProxies).map(({ metadata }) => metadata.name),
      ["node-1", "node-2"],
    );
    await clock.advance(10_000);
    assert.equal(client.objects(nodeProxies).length, 3);
    await operator.end();
  });

  it("gives no node what no status records as a step", async () => {
    const operator = await startLeader();
    const { client, clock } = operator;
    await clock.advance(1000);
    client.failNext("apply", refused, { resource: proxyConfigs, times: 1 });
    await client.mergePatch(config, { spec: { mode: "ipvs" } });
    await clock.advance(500);
    assert.equal(revisionsOf(client).length, 2);
    assert.deepEqual(assigned(client), [revision]);
    await clock.advance(5000);
    assert.deepEqual(assigned(client), [changed.revision]);
    await operator.end();
  });

  it("holds up no other ProxyConfig by many nodes that wait for a status", async () => {
    const nodeNames = Array.from({ length: 600 }, (_, index) => `node-${index}`);
    const operator = await startLeader({ nodeNames });
    const { client, clock } = operator;
    await clock.advance(1000);
    client.failNext("apply", refused, { resource: proxyConfigs, times: 1 });
    await client.mergePatch(config, { spec: { mode: "ipvs" } });
    await clock.advance(50);
    const spec = { priority: 1, nodeSelector: { matchLabels: { pool: "edge" } } };
    const { apiVersion, kind, spec: edge } = makeProxyConfig({ spec });
    await client.create(proxyConfigs, { apiVersion, kind, metadata: { name: "edge" }, spec: edge });
    await client.create(nodes, { metadata: { name: "edge-1", labels: { pool: "edge" } } });
    await clock.advance(400);
    assert.equal(new Set(assigned(client)).has(changed.revision), false);
    assert.ok(operator.nodeProxyNames().includes("edge-1"));
    await clock.advance(5000);
    assert.deepEqual(new Set(assigned(client)), new Set([revision, changed.revision]));
    await operator.end();
  });
});
