import { KubeConfig } from "@kubernetes/client-node";
import type { ProxyConfig } from "../../../../crds/api.ts";
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
export async function startLeader({
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
    namespace: "kube-system",
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

/** What a client gets from an API server that is away. */
export const refused = new Error("connection refused");

/** How many calls of a method were about a resource. */
export function callsOf(client: FakeApiClient, method: string, plural: string): number {
  return client.calls.filter((call) => call.method === method && call.resource.plural === plural).length;
}
