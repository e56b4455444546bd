import { KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { proveAccess } from "../../../../operator/watch/prove-access.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const refused = new Error("connection refused");

function start(client: FakeApiClient, signal: AbortSignal) {
  const clock = new FakeClock();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: "c", server: "http://127.0.0.1:1", skipTLSVerify: false },
    { name: "u" },
  );
  let proven = false;
  const prove = async () => {
    await proveAccess({ kubeConfig, client, namespace: "kube-system", clock, log: silentLogger }, signal);
    proven = true;
  };
  const ended = prove();
  return { clock, ended, isProven: () => proven };
}

describe("proveAccess", () => {
  const { proxyConfigs, nodes, nodeProxies, controllerRevisions } = resources;
  for (const resource of [proxyConfigs, nodes, nodeProxies, controllerRevisions]) {
    it(`waits until ${resource.plural} can be listed, and leaves no watch open`, async () => {
      const client = new FakeApiClient();
      client.failNext("watch", refused, { resource, times: 5 });
      const { clock, ended, isProven } = start(client, new AbortController().signal);
      await clock.advance(1000);
      assert.equal(isProven(), false);
      await clock.advance(30_000);
      await ended;
      assert.equal(client.openWatches, 0);
    });
  }

  for (const [when, waitMs] of [
    ["before it has begun", undefined],
    ["while it waits for the API server", 1000],
  ] as const) {
    it(`ends when it is stopped ${when}`, async () => {
      const client = new FakeApiClient();
      client.failNext("watch", refused, { times: 100 });
      const stop = new AbortController();
      if (waitMs === undefined) stop.abort();
      const { clock, ended } = start(client, stop.signal);
      await clock.advance(waitMs ?? 0);
      stop.abort();
      await ended;
    });
  }
});
