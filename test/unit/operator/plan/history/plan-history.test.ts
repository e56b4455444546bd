import assert from "node:assert/strict";
import type { ProxyConfig } from "../../../../../crds/api.ts";
import { settingsOf } from "../../../../../crds/node-settings.ts";
import {
  historyLimit,
  planHistory,
  type HistoryFacts,
} from "../../../../../operator/plan/history/plan-history.ts";
import { makeNode, makeNodeProxy, makeProxyConfig, storedRevision } from "../make-cluster.ts";

const config = makeProxyConfig();
const target = settingsOf(config);
const older = makeProxyConfig({ spec: { mode: "ipvs" } });
const oldRevision = settingsOf(older).revision;
const oldNodeProxy = makeNodeProxy(makeNode("node-1"), older);

/** Of a ProxyConfig whose nodes are all assigned what it asks for. */
function plan(facts: Partial<HistoryFacts> = {}) {
  return planHistory({
    proxyConfig: config,
    target,
    assigned: new Set([target.revision]),
    running: new Set(),
    nodeProxies: [],
    stored: [],
    ...facts,
  });
}

function numbers(facts: Partial<HistoryFacts>) {
  return plan(facts).changes.map(({ object }) => `${object.metadata.name} ${object.revision}`);
}

/** Revisions that the ProxyConfig asked for in the past, oldest first. */
function past(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const spec = { sync: { minPeriodMilliseconds: index + 1 } };
    return storedRevision(makeProxyConfig({ spec }), index + 1);
  });
}

const nameOf = (revision: string) => `kubesteer-default-${revision}`;

describe("planHistory stores", () => {
  it("what the ProxyConfig asks for, as an object that ends with it", () => {
    const { changes, unstored } = plan();
    assert.deepEqual(changes, [
      {
        object: {
          apiVersion: "apps/v1",
          kind: "ControllerRevision",
          metadata: {
            name: nameOf(target.revision),
            labels: {
              "app.kubernetes.io/name": "kubesteer",
              "kubesteer.dev/config": "default",
              "kubesteer.dev/revision": target.revision,
            },
            ownerReferences: [
              {
                apiVersion: "kubesteer.dev/v1alpha1",
                kind: "ProxyConfig",
                name: "default",
                uid: "uid-default",
                controller: true,
              },
            ],
          },
          data: { config: target.config },
          revision: 1,
        },
        replaces: undefined,
      },
    ]);
    assert.deepEqual([...unstored], [target.revision]);
  });

  it("nothing that is stored", () => {
    const { changes, unstored, deletions, configs } = plan({ stored: [storedRevision(config)] });
    assert.deepEqual([changes, [...unstored], deletions], [[], [], []]);
    assert.deepEqual(configs.get(target.revision), target.config);
  });

  it("a further revision under a higher number", () => {
    assert.deepEqual(numbers({ stored: [storedRevision(older, 4)] }), [`${nameOf(target.revision)} 5`]);
  });

  it("content that is newest again under a new number, not as a second object", () => {
    const stored = [storedRevision(config, 1), storedRevision(older, 2)];
    const { changes, unstored } = plan({ stored });
    assert.deepEqual(
      changes.map(({ object, replaces }) => [object.metadata.name, object.revision, replaces]),
      [[nameOf(target.revision), 3, undefined]],
    );
    assert.equal(unstored.size, 0);
  });

  it("what nodes have of a version without history, before what it asks for now", () => {
    const facts = { assigned: new Set([oldRevision]), nodeProxies: [oldNodeProxy] };
    assert.deepEqual(numbers(facts), [`${nameOf(oldRevision)} 1`, `${nameOf(target.revision)} 2`]);
    const { configs, unstored } = plan(facts);
    assert.deepEqual(configs.get(oldRevision), oldNodeProxy.spec.config);
    assert.deepEqual(unstored, new Set([oldRevision, target.revision]));
  });

  it("the content that fits its name, where NodeProxies differ", () => {
    const edited = { ...oldNodeProxy.spec, config: { ...oldNodeProxy.spec.config, masqueradeAll: true } };
    const nodeProxies = [{ ...oldNodeProxy, spec: edited }, oldNodeProxy];
    const { configs } = plan({ assigned: new Set([oldRevision]), nodeProxies });
    assert.equal(configs.get(oldRevision)?.masqueradeAll, false);
  });

  it("what the status names, as far as it is known", () => {
    const withStatus: ProxyConfig = {
      ...config,
      status: { currentRevision: oldRevision, lastGoodRevision: "rev-unknown" },
    };
    assert.deepEqual(numbers({ proxyConfig: withStatus, nodeProxies: [oldNodeProxy] }), [
      `${nameOf(oldRevision)} 1`,
      `${nameOf(target.revision)} 2`,
    ]);
  });

  it("what an earlier ProxyConfig of the name owned as its own", () => {
    const former = makeProxyConfig({ metadata: { uid: "uid-former" } });
    const { changes, unstored } = plan({ stored: [storedRevision(former)] });
    assert.deepEqual(
      changes.map(({ object, replaces }) => [object.metadata.ownerReferences?.[0]?.uid, replaces]),
      [["uid-default", undefined]],
    );
    assert.deepEqual([...unstored], [target.revision]);
  });

  it("in place of content that someone else wrote, or that is unusable", () => {
    const stored = storedRevision(config);
    const foreign = [
      { ...stored, content: { ...target.config, masqueradeAll: true } },
      { ...stored, content: { mode: "nft" }, config: undefined },
    ];
    for (const revision of foreign) {
      const { changes, unstored, configs } = plan({ stored: [revision] });
      assert.deepEqual(
        changes.map(({ replaces }) => replaces),
        [stored.uid],
      );
      assert.deepEqual([...unstored], [target.revision]);
      assert.deepEqual(configs.get(target.revision), target.config);
    }
  });

  it("goes on after a crash between any two of its writes", () => {
    const facts = { assigned: new Set([oldRevision]), nodeProxies: [oldNodeProxy] };
    const onlyNewest = [storedRevision(config, 2)];
    assert.deepEqual(numbers({ ...facts, stored: onlyNewest }), [`${nameOf(oldRevision)} 1`]);
    const onlyOldest = [storedRevision(older, 1)];
    assert.deepEqual(numbers({ ...facts, stored: onlyOldest }), [`${nameOf(target.revision)} 2`]);
  });

  it("no number that another revision has until its own write", () => {
    const facts = { assigned: new Set([oldRevision]), nodeProxies: [oldNodeProxy] };
    const before = [storedRevision(config, 1)];
    assert.deepEqual(numbers({ ...facts, stored: before }), [
      `${nameOf(oldRevision)} 2`,
      `${nameOf(target.revision)} 3`,
    ]);
    const crashed = [storedRevision(config, 1), storedRevision(older, 2)];
    assert.deepEqual(numbers({ ...facts, stored: crashed }), [`${nameOf(target.revision)} 3`]);
  });

  it("no further number for what it asks for, while others cannot be stored", () => {
    const facts = { assigned: new Set([oldRevision]), nodeProxies: [oldNodeProxy] };
    const stored = [storedRevision(config, 3), ...past(1)];
    assert.deepEqual(numbers({ ...facts, stored }), [`${nameOf(oldRevision)} 2`]);
  });
});

function deleted(facts: Partial<HistoryFacts>) {
  return plan(facts).deletions.map(({ sequence }) => sequence);
}

describe("planHistory deletes", () => {
  const stored = [...past(historyLimit + 3), storedRevision(config, 99)];

  it("the oldest that nothing uses, beyond the limit", () => {
    assert.deepEqual(deleted({ stored }), [3, 2, 1]);
    assert.deepEqual(deleted({ stored: stored.slice(3) }), []);
  });

  it("none that a node is assigned or a NodeProxy has, or that the status names", () => {
    const [first, second, third] = stored.map(({ revision }) => revision);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const proxyConfig = { ...config, status: { lastGoodRevision: third } };
    const used = { assigned: new Set([first]), running: new Set([second]), proxyConfig };
    assert.deepEqual(deleted({ stored, ...used }), []);
    assert.deepEqual(deleted({ stored, assigned: new Set([first]) }), [3, 2]);
  });
});
