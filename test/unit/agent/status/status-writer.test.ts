import assert from "node:assert/strict";
import type { AgentFacts } from "../../../../agent/status/agent-facts.ts";
import { StatusWriter } from "../../../../agent/status/status-writer.ts";
import { apiGroupVersion, type NodeProxy } from "../../../../crds/api.ts";
import type { ApiClient, ApiObject } from "../../../../platform/kube/api-client.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";
import { makeSyncSuccess } from "../../../support/make-sync-outcome.ts";

const facts: AgentFacts = {
  agentVersion: "0.1.0",
  tools: { kernel: "6.1.0", versions: {} },
  generation: 1,
  settings: makeNodeProxySpec(),
  unusable: undefined,
  applied: undefined,
  lastSuccess: makeSyncSuccess(),
  failure: undefined,
  waitingFor: [],
  settingsWaitFor: [],
  modeProblem: undefined,
  staleSinceMs: undefined,
  missing: new Map(),
  problems: [],
  nodeProblems: [],
  latency: undefined,
  drift: undefined,
};

function makeNodeProxy(uid: string): NodeProxy {
  const metadata = { name: "worker-1", uid };
  return { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata, spec: makeNodeProxySpec() };
}

describe("status writer", () => {
  it("a NodeProxy made again during a write gets its status without waiting for the heartbeat", async () => {
    const clock = new FakeClock();
    const server = new FakeApiClient();
    const stop = new AbortController();
    let writes = 0;
    const api: Pick<ApiClient, "apply"> = {
      apply<T extends ApiObject>(...args: Parameters<ApiClient["apply"]>): Promise<T> {
        writes += 1;
        if (writes === 1) writer.setNodeProxy(makeNodeProxy("second"));
        const [resource, { metadata }, { fieldManager }] = args;
        return server.apply<T>(resource, { metadata }, { fieldManager });
      },
    };
    const heartbeatMs = 60_000;
    const writer = new StatusWriter({
      api,
      collectFacts: () => facts,
      heartbeatMs,
      clock,
      log: silentLogger,
    });
    writer.setNodeProxy(makeNodeProxy("first"));
    const running = writer.run(stop.signal);
    await clock.advance(1_000);
    assert.equal(writes, 1);
    await clock.advance(1_000);
    assert.equal(writes, 2);
    await clock.advance(10_000);
    assert.equal(writes, 2);
    stop.abort();
    await running;
  });
});
