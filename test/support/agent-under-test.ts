import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { runAgent } from "../../agent/agent.ts";
import { parseCommand } from "../../agent/options.ts";
import type { ConnectionCounts } from "../../agent/services/endpoints/endpoint-connections.ts";
import { apiGroupVersion, type NodeProxy, type NodeProxySpec, type ProxyConfig } from "../../crds/api.ts";
import type { RecordedEvent } from "../../platform/kube/events.ts";
import { resources } from "../../platform/kube/resources.ts";
import { createMeterProvider } from "../../platform/telemetry/metrics.ts";
import { FakeApiClient } from "./fake-api-client.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeDataplane, makeRunners } from "./fake-dataplane.ts";
import { createRecordingLogger } from "./recording-logger.ts";

export const nodeName = "worker-1";

const node = {
  metadata: { name: nodeName },
  spec: { podCIDRs: ["10.1.0.0/24"] },
  status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] },
};

/** Service default/web, which the API server has from the start. */
export const webService = {
  metadata: { name: "web", namespace: "default" },
  spec: { type: "ClusterIP", clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"], ports: [{ port: 80 }] },
};

/** The EndpointSlice of Service default/web. */
export function makeWebSlice(...addresses: readonly string[]) {
  return {
    metadata: { name: "web-1", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

/** Waits for what takes no time of the clock, but some of the file system. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) {
    if (await holds()) return;
    await setTimeout(2);
  }
  assert.fail("it did not happen");
}

/** A whole agent between an API server, kernel and clock of the test. It may be stopped and started again. */
export class AgentUnderTest {
  readonly api = new FakeApiClient();
  readonly clock = new FakeClock();
  readonly log = createRecordingLogger();
  readonly stateDir: string;
  dataplane = new FakeDataplane();
  otherDataplanes: readonly FakeDataplane[] = [];
  readonly events: RecordedEvent[] = [];
  countConnections: () => Promise<ConnectionCounts> = () => assert.fail("connections are not needed");
  looksAtFlows = 0;
  flowsProblem: Error | undefined;
  readonly writtenSettings: (readonly string[])[] = [];
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  /** With a Node and Service default/web that has one endpoint; not started. */
  static async create(): Promise<AgentUnderTest> {
    const agent = new AgentUnderTest(await mkdtemp(join(tmpdir(), "kubesteer-agent-")));
    await agent.api.create(resources.nodes, node);
    await agent.api.create(resources.services, webService);
    await agent.api.create(resources.endpointSlices, makeWebSlice("10.1.0.5"));
    return agent;
  }

  /** @param config in place of a NodeProxy */
  start(config?: ProxyConfig): void {
    const addresses = ["--health-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0"];
    const args = ["--state-dir", this.stateDir, ...addresses];
    const command = parseCommand(args, { nodeName, hostname: "host" });
    assert.equal(command.kind, "run");
    this.#stop = new AbortController();
    this.#running = runAgent(
      {
        options: command.options,
        version: "0.1.0",
        config,
        tools: { kernel: "6.1.0", versions: { nft: "1.0.6" } },
        client: this.api,
        runners: makeRunners(this.dataplane, ...this.otherDataplanes),
        countConnections: () => this.countConnections(),
        flows: {
          listUdpFlows: () => this.#listUdpFlows(),
          listTcpAttempts: () => Promise.resolve([]),
          deleteUdpFlows: () => Promise.resolve(0),
          deleteTcpAttempts: () => Promise.resolve(0),
        },
        writeKernelSettings: (settings) => {
          this.writtenSettings.push(settings.map(({ file, value }) => `${file}=${value}`));
          return Promise.resolve([]);
        },
        events: { record: (event) => this.events.push(event), flush: () => Promise.resolve() },
        metrics: createMeterProvider({ service: "test" }),
        clock: this.clock,
        log: this.log,
      },
      this.#stop.signal,
    );
  }

  /** Resolves when the agent has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** To be called at the end of a test. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.stateDir, { recursive: true });
  }

  async setNodeProxy(spec: NodeProxySpec): Promise<void> {
    const nodeProxy = { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: nodeName }, spec };
    await this.api.apply(resources.nodeProxies, nodeProxy, { fieldManager: "test" });
  }

  countCalls(method: string, plural: string): number {
    return this.api.calls.filter((call) => call.method === method && call.resource.plural === plural).length;
  }

  async readStatus() {
    const found = await this.api.get<NodeProxy>({ resource: resources.nodeProxies, name: nodeName });
    return found?.status;
  }

  /** After the second in which changes of the status are collected. */
  async conditions() {
    await this.clock.advance(1_000);
    const status = await this.readStatus();
    const found = (type: string) => status?.conditions?.find((condition) => condition.type === type);
    return {
      observedRevision: status?.observedRevision,
      ready: found("Ready"),
      applied: found("Applied"),
      degraded: found("Degraded"),
    };
  }

  #listUdpFlows(): Promise<readonly never[]> {
    this.looksAtFlows += 1;
    return this.flowsProblem === undefined ? Promise.resolve([]) : Promise.reject(this.flowsProblem);
  }
}
