import assert from "node:assert/strict";
import { settingsOf } from "../../../../crds/node-settings.ts";
import { planCluster } from "../../../../operator/plan/plan-cluster.ts";
import { findCondition } from "../../../../platform/kube/conditions.ts";
import {
  makeNodeProxy,
  makeNodes,
  makeView,
  nowIso,
  nowMs,
  readyCondition,
  readyStatus,
  secondsAgo,
} from "./make-cluster.ts";
import {
  conditionOf,
  config,
  degraded,
  failed,
  nodes,
  plan,
  ready,
  revision,
  statusOf,
  withDegraded,
  withReports,
} from "./three-nodes.ts";

describe("planCluster: status", () => {
  it("has Ready from the first look on, for the generation it saw", () => {
    const status = statusOf({ nodeProxies: [] });
    assert.equal(status.observedGeneration, 1);
    for (const condition of status.conditions ?? []) assert.equal(condition.observedGeneration, 1);
    const condition = findCondition(status.conditions ?? [], "Ready");
    assert.equal(condition?.status, "False");
    assert.match(condition?.message ?? "", /^0 of 3 nodes ready.*waiting for node-1, node-2, node-3/);
  });

  it("counts nodes", () => {
    const nodeProxies = withReports([ready, failed, readyStatus("rev-old")]);
    assert.deepEqual(statusOf({ nodeProxies }).nodes, {
      selected: 3,
      updated: 2,
      ready: 1,
      failed: 1,
      unsupported: 0,
      degraded: 0,
      drifted: 0,
      overridden: 0,
    });
  });

  it("counts modes by name", () => {
    const nodeProxies = withReports([ready, { ...ready, runningMode: "iptables" }, ready]);
    assert.deepEqual(statusOf({ nodeProxies }).modes, [
      { mode: "iptables", nodes: 1 },
      { mode: "nftables", nodes: 2 },
    ]);
  });

  it("is Ready and neither Progressing nor Degraded when all nodes are ready", () => {
    const nodeProxies = withReports([ready, ready, ready]);
    const types = statusOf({ nodeProxies }).conditions?.map(({ type, status }) => `${type}=${status}`);
    assert.deepEqual(types, ["Ready=True", "Progressing=False", "Degraded=False"]);
  });

  it("says what a node fails of", () => {
    const nodeProxies = withReports([ready, failed, ready]);
    const message = `node-2 SyncFailed: nft refused the transaction`;
    assert.deepEqual(conditionOf({ nodeProxies }, "Ready"), {
      status: "False",
      reason: "NodesFailing",
      message: `2 of 3 nodes ready with ${revision}; ${message}`,
    });
    assert.deepEqual(conditionOf({ nodeProxies }, "Degraded"), {
      status: "True",
      reason: "NodesFailing",
      message,
    });
    assert.deepEqual(statusOf({ nodeProxies }).failing, [
      { node: "node-2", reason: "SyncFailed", message: "nft refused the transaction", since: nowIso },
    ]);
  });

  it("reports a mode that some nodes fell back to", () => {
    const fallback = readyStatus(revision, {
      runningMode: "iptables",
      fallbackReason: "mode nftables needs nft",
    });
    const nodeProxies = withReports([ready, ready, fallback]);
    assert.deepEqual(conditionOf({ nodeProxies }, "ModeFallback"), {
      status: "True",
      reason: "ModeUnsupported",
      message: "node-3 cannot run nftables; node-3 runs iptables because mode nftables needs nft",
    });
  });

  it("is Degraded, but Ready, when foreign changes are not repaired", () => {
    const drifted = {
      type: "Drifted",
      status: "True",
      reason: "R",
      message: "",
      lastTransitionTime: nowIso,
    } as const;
    const report = { ...ready, conditions: [...(ready.conditions ?? []), drifted] };
    const nodeProxies = withReports([report, ready, ready]);
    assert.equal(conditionOf({ nodeProxies }, "Ready")?.status, "True");
    assert.equal(conditionOf({ nodeProxies }, "Degraded")?.reason, "NodesDrifted");
    assert.equal(statusOf({ nodeProxies }).nodes?.drifted, 1);
  });

  it("is Degraded, but Ready, when some Services are not served as specified, and says where", () => {
    const nodeProxies = withReports([degraded, ready, degraded]);
    assert.equal(conditionOf({ nodeProxies }, "Ready")?.status, "True");
    assert.deepEqual(conditionOf({ nodeProxies }, "Degraded"), {
      status: "True",
      reason: "NodesDegraded",
      message:
        "some Services are not served as specified on node-1, node-3 (kubectl describe nodeproxy); " +
        "node-1: Not served as specified: shop/web; node-3: Not served as specified: shop/web",
    });
    assert.equal(statusOf({ nodeProxies }).nodes?.degraded, 2);
  });

  it("quotes a few of many degraded nodes, and each of them briefly", () => {
    const many = makeNodes(500);
    const status = withDegraded("x".repeat(10_000));
    const nodeProxies = many.map((node) => makeNodeProxy(node, config, { status }));
    const condition = conditionOf({ nodes: many, nodeProxies }, "Degraded");
    assert.match(condition?.message ?? "", /and 497 more/);
    assert.ok((condition?.message.length ?? 0) < 2_000);
  });

  it("lists ten failing nodes, the worst first, then those that fail longest", () => {
    const many = makeNodes(14);
    const nodeProxies = many.map((node, index) =>
      makeNodeProxy(node, config, {
        status: {
          ...failed,
          conditions: [
            readyCondition("False", index === 13 ? "ModeUnsupported" : "SyncFailed", "", secondsAgo(index)),
          ],
        },
      }),
    );
    const names = statusOf({ nodes: many, nodeProxies }).failing?.map(({ node }) => node);
    assert.equal(names?.length, 10);
    assert.deepEqual(names?.slice(0, 3), ["node-14", "node-13", "node-12"]);
  });

  it("keeps to what the schema takes, however much an agent has to say", () => {
    const longest = "😀".repeat(32_768);
    const talkative = readyStatus(revision, { conditions: [readyCondition("False", "SyncFailed", longest)] });
    const status = statusOf({ nodeProxies: withReports([ready, talkative, ready]) });
    for (const { message } of status.conditions ?? []) {
      assert.ok(Array.from(message).length <= 32_768);
      assert.ok(message.isWellFormed());
    }
    for (const { message } of status.failing ?? []) {
      assert.ok(Array.from(message).length <= 1024);
      assert.ok(message.isWellFormed());
    }
  });

  it("keeps the time of the last transition while a status stays", () => {
    const first = statusOf({});
    const later = planCluster(
      makeView({
        proxyConfigs: [{ ...config, status: first }],
        nodes,
        nodeProxies: withReports([ready]),
        nowMs: nowMs + 5000,
      }),
    );
    const condition = findCondition(later.statuses[0]?.status.conditions ?? [], "Ready");
    assert.equal(condition?.lastTransitionTime, nowIso);
    assert.match(condition?.message ?? "", /^1 of 3/);
  });

  it("is not written when it says the same", () => {
    const nodeProxies = withReports([ready, ready, ready]);
    const settled = { ...config, status: statusOf({ nodeProxies }) };
    assert.deepEqual(plan({ proxyConfigs: [settled], nodeProxies }).statuses, []);
  });

  it("keeps the revisions that were current and good until the new one is everywhere", () => {
    const nodeProxies = withReports([ready, ready, ready]);
    const good = { ...config, status: statusOf({ nodeProxies }) };
    const changed = { ...good, spec: { ...good.spec, masqueradeAll: true } };
    const next = settingsOf(changed).revision;
    const during = statusOf({ proxyConfigs: [changed], nodeProxies });
    assert.deepEqual(
      [during.currentRevision, during.updateRevision, during.lastGoodRevision],
      [revision, next, revision],
    );
    const done = statusOf({
      proxyConfigs: [{ ...changed, status: during }],
      nodeProxies: withReports(
        Array.from({ length: 3 }, () => readyStatus(next)),
        changed,
      ),
    });
    assert.deepEqual([done.currentRevision, done.updateRevision, done.lastGoodRevision], [next, next, next]);
  });
});
