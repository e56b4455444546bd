import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { runAgent } from "../../../agent/agent.ts";
import { renderStoredSettings } from "../../../agent/settings/stored-settings.ts";
import { parseCommand } from "../../../agent/options.ts";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { apiGroupVersion, type NodeProxy, type NodeProxySpec, type ProxyConfig } from "../../../crds/api.ts";
import { ApiError } from "../../../platform/kube/api-error.ts";
import type { RecordedEvent } from "../../../platform/kube/events.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { createMeterProvider } from "../../../platform/telemetry/metrics.ts";
import { FakeApiClient } from "../../support/fake-api-client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeDataplane } from "../../support/fake-dataplane.ts";
import {
  type ConnectionCounts,
  endpointKey,
} from "../../../agent/services/endpoints/endpoint-connections.ts";
import { parseIpAddress } from "../../../platform/ip/address.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { makeRejected, makeSyncReport } from "../../support/make-sync-outcome.ts";

const nodeName = "worker-1";
const node = {
  metadata: { name: nodeName },
  spec: { podCIDRs: ["10.1.0.0/24"] },
  status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] },
};
const service = {
  metadata: { name: "web", namespace: "default" },
  spec: { type: "ClusterIP", clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"], ports: [{ port: 80 }] },
};

function makeSlice(...addresses: readonly string[]) {
  return {
    metadata: { name: "web-1", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

/** Two endpoints, the second with these conditions. */
function makeUdpSlice(conditions: object) {
  const [kept, ending] = makeSlice("10.1.0.5", "10.1.0.6").endpoints;
  return {
    ...makeSlice(),
    ports: [{ name: "", port: 53, protocol: "UDP" }],
    endpoints: [kept, { ...ending, conditions }],
  };
}

function makeNodeProxy(spec: NodeProxySpec) {
  return { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: nodeName }, spec } as const;
}

/** Waits for what takes no time of the clock, but some of the file system. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) {
    if (await holds()) return;
    await setTimeout(2);
  }
  assert.fail("it did not happen");
}

describe("agent", () => {
  let stateDir: string;
  let log: ReturnType<typeof createRecordingLogger>;
  let api: FakeApiClient;
  let clock: FakeClock;
  let dataplane: FakeDataplane;
  let otherDataplanes: readonly FakeDataplane[];
  let events: RecordedEvent[];
  let countConnections: () => Promise<ConnectionCounts>;
  let looksAtFlows: number;
  let flowsProblem: Error | undefined;
  let writtenSettings: (readonly string[])[];
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "kubesteer-agent-"));
    api = new FakeApiClient();
    clock = new FakeClock();
    log = createRecordingLogger();
    dataplane = new FakeDataplane();
    otherDataplanes = [];
    events = [];
    countConnections = () => assert.fail("nobody needs them");
    looksAtFlows = 0;
    flowsProblem = undefined;
    writtenSettings = [];
    stop = new AbortController();
    running = Promise.resolve();
    await api.create(resources.nodes, node);
    await api.create(resources.services, service);
    await api.create(resources.endpointSlices, makeSlice("10.1.0.5"));
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await rm(stateDir, { recursive: true });
  });

  function start(config?: ProxyConfig): void {
    const args = [
      "--state-dir",
      stateDir,
      "--health-address",
      "127.0.0.1:0",
      "--metrics-address",
      "127.0.0.1:0",
    ];
    const command = parseCommand(args, { nodeName, hostname: "host" });
    assert.equal(command.kind, "run");
    running = runAgent(
      {
        options: command.options,
        version: "0.1.0",
        config,
        tools: { kernel: "6.1.0", nft: "1.0.6" },
        client: api,
        dataplanes: new Map([dataplane, ...otherDataplanes].map((each) => [each.mode, each])),
        countConnections: () => countConnections(),
        flows: {
          listUdpFlows: () => {
            looksAtFlows += 1;
            return flowsProblem === undefined ? Promise.resolve([]) : Promise.reject(flowsProblem);
          },
          listTcpAttempts: () => Promise.resolve([]),
          deleteUdpFlows: () => Promise.resolve(0),
          deleteTcpAttempts: () => Promise.resolve(0),
        },
        writeKernelSettings: (settings) => {
          writtenSettings.push(settings.map(({ file, value }) => `${file}=${value}`));
          return Promise.resolve([]);
        },
        events: { record: (event) => events.push(event), flush: () => Promise.resolve() },
        metrics: createMeterProvider({ service: "test" }),
        clock,
        log,
      },
      stop.signal,
    );
  }

  async function setNodeProxy(spec: NodeProxySpec): Promise<void> {
    await api.apply(resources.nodeProxies, makeNodeProxy(spec), { fieldManager: "test" });
  }

  function countCalls(method: string, plural: string): number {
    return api.calls.filter((call) => call.method === method && call.resource.plural === plural).length;
  }

  async function readStatus() {
    const found = await api.get<NodeProxy>({ resource: resources.nodeProxies, name: nodeName });
    return found?.status;
  }

  async function conditions() {
    await clock.advance(1_000);
    const status = await readStatus();
    const found = (type: string) => status?.conditions?.find((condition) => condition.type === type);
    return {
      observedRevision: status?.observedRevision,
      ready: found("Ready"),
      applied: found("Applied"),
      degraded: found("Degraded"),
    };
  }

  async function isNodeProblem(): Promise<boolean> {
    return (await conditions()).degraded?.reason === "NodeProblem";
  }

  async function isCured(): Promise<boolean> {
    return (await conditions()).degraded?.status === "False";
  }

  async function isUnsupported(): Promise<boolean> {
    return (await conditions()).ready?.reason === "ModeUnsupported";
  }

  it("programs the kernel under the settings of its NodeProxy and says so in the status", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    assert.deepEqual(dataplane.syncs, [{ kind: "full" }]);
    await clock.advance(1_000);
    const status = await readStatus();
    assert.equal(status?.observedRevision, "r1");
    assert.equal(status.conditions?.find(({ type }) => type === "Ready")?.status, "True");
  });

  it("touches nothing in the kernel while there is no NodeProxy", async () => {
    start();
    await clock.advance(120_000);
    assert.deepEqual(dataplane.calls, []);
    await setNodeProxy(makeNodeProxySpec());
    await until(() => dataplane.syncs.length === 1);
  });

  it("goes on without stored settings that lack what this version needs", async () => {
    const { localTraffic: _localTraffic, ...config } = makeNodeProxySpec().config;
    const stored = { ...makeNodeProxySpec(), config } as NodeProxySpec;
    await writeFile(join(stateDir, "settings.json"), renderStoredSettings(stored));
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
  });

  it("runs the stored settings while the NodeProxy cannot be read", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    const file = join(stateDir, "settings.json");
    await until(async () => (await readFile(file, "utf8").catch(() => "")) !== "");
    assert.equal(await readFile(file, "utf8"), renderStoredSettings(makeNodeProxySpec()));
    stop.abort();
    await running;

    stop = new AbortController();
    dataplane = new FakeDataplane();
    api.failNext("watch", new Error("connection refused"), { resource: resources.nodeProxies, times: 1000 });
    start();
    await until(() => dataplane.syncs.length === 1);
  });

  /** An agent that ends after it has seen Services default/web and default/gone, of which the second is deleted then. */
  async function startAgainWithoutServices({ booted }: { readonly booted: boolean }): Promise<void> {
    const gone = structuredClone(service);
    Object.assign(gone.metadata, { name: "gone" });
    Object.assign(gone.spec, { clusterIP: "10.96.0.11", clusterIPs: ["10.96.0.11"] });
    await api.create(resources.services, gone);
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    stop.abort();
    await running;

    stop = new AbortController();
    await api.delete({ resource: resources.services, name: "gone", namespace: "default" });
    for (const resource of [resources.services, resources.endpointSlices]) {
      api.failNext("watch", new Error("connection refused"), { resource, times: 6 });
    }
    if (booted) dataplane = new FakeDataplane();
    const watches = countCalls("watch", "services");
    start();
    await until(() => countCalls("watch", "services") > watches);
  }

  it("a node without rules serves stored Services while the API server is away; then only what differs changes", async () => {
    await startAgainWithoutServices({ booted: true });
    await clock.advance(2_000);
    await until(() => dataplane.syncs.length === 1);
    assert.deepEqual(dataplane.syncs, [{ kind: "full" }]);
    await clock.advance(1_000);
    const ready = (await readStatus())?.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.reason, "Waiting");
    assert.match(ready.message ?? "", /Services are served as they were at 2026-01-01T00:00:00.000Z/);
    await clock.advance(60_000);
    await until(() => dataplane.syncs.length === 2);
    assert.deepEqual(dataplane.syncs[1], { kind: "partial", services: new Set(["default/gone"]) });
    assert.equal((await readStatus())?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
  });

  it("rules of an earlier run are left alone until the first lists are complete", async () => {
    await startAgainWithoutServices({ booted: false });
    await clock.advance(4_000);
    assert.equal(dataplane.syncs.length, 1);
    await clock.advance(60_000);
    await until(() => dataplane.syncs.length === 2);
    assert.deepEqual(dataplane.syncs[1], { kind: "full" });
  });

  it("a changed EndpointSlice is a partial sync of its Service", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
    await until(() => dataplane.syncs.length === 2);
    assert.deepEqual(dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
  });

  it("looks at UDP flows when an endpoint ends, also where the dataplane has nothing to do", async () => {
    const draining = { ready: false, serving: true, terminating: true };
    await api.update(resources.services, {
      ...service,
      spec: { ...service.spec, ports: [{ port: 53, protocol: "UDP" }] },
    });
    await api.update(resources.endpointSlices, makeUdpSlice({ ready: true }));
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1 && looksAtFlows === 1);
    await api.update(resources.endpointSlices, makeUdpSlice(draining));
    await until(() => dataplane.syncs.length === 2);
    assert.equal(looksAtFlows, 1);
    await api.update(resources.endpointSlices, makeUdpSlice({ ...draining, serving: false }));
    await until(() => looksAtFlows === 2);
    assert.equal(dataplane.syncs.length, 2);
  });

  it("is Degraded while UDP flows cannot be looked at, and tells why", async () => {
    flowsProblem = new Error("conntrack is not installed: apt-get install conntrack");
    await api.update(resources.services, {
      ...service,
      spec: { ...service.spec, ports: [{ port: 53, protocol: "UDP" }] },
    });
    await setNodeProxy(makeNodeProxySpec());
    start();
    const degraded = async () => {
      await clock.advance(1_000);
      return (await readStatus())?.conditions?.find(({ type }) => type === "Degraded");
    };
    await until(async () => (await degraded())?.reason === "NodeProblem");
    assert.match(
      (await degraded())?.message ?? "",
      /endpoints that are gone: conntrack is not installed: apt-get/,
    );
    flowsProblem = undefined;
    await clock.advance(30_000);
    await until(async () => (await degraded())?.status === "False");
    assert.equal(dataplane.syncs.length, 1);
  });

  it("is Degraded while its settings name what the node does not have", async () => {
    const localTraffic = { detect: "BridgeInterface", interface: "nosuchbr" } as const;
    await setNodeProxy(makeNodeProxySpec({ config: { localTraffic } }));
    start();
    await until(isNodeProblem);
    assert.match(
      (await conditions()).degraded?.message ?? "",
      /^interface nosuchbr does not exist \(spec\.localTraffic/,
    );
    await setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
    await until(isCured);
    const nodePorts = { ...makeNodeProxySpec().config.nodePorts, addresses: ["203.0.113.0/24"] };
    const ports = [{ port: 80, nodePort: 30_080 }];
    await api.update(resources.services, { ...service, spec: { ...service.spec, type: "NodePort", ports } });
    await setNodeProxy(makeNodeProxySpec({ revision: "r3", config: { nodePorts } }));
    await until(isNodeProblem);
    assert.match((await conditions()).degraded?.message ?? "", /NodePorts do not answer over IPv4; it has /);
    await api.update(resources.services, service);
    await until(isCured);
  });

  it("tells on the Service that a health check node port cannot be had", async () => {
    await api.update(resources.services, {
      ...service,
      spec: {
        ...service.spec,
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        healthCheckNodePort: 30_999,
      },
    });
    await setNodeProxy(makeNodeProxySpec({ node: { podCIDRs: [], addresses: ["192.0.2.1"] } }));
    start();
    await until(() => events.length > 0);
    assert.deepEqual(events[0]?.regarding, {
      apiVersion: "v1",
      kind: "Service",
      namespace: "default",
      name: "web",
    });
    assert.equal(events[0].reason, "FailedToStartServiceHealthcheck");
    assert.match(events[0].message, /^Cannot listen on 192\.0\.2\.1 port 30999: .*EADDRNOTAVAIL/);
  });

  it("writes conntrack settings when they are in force, and again when they change", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => writtenSettings.length === 1);
    const { conntrack } = makeNodeProxySpec().config;
    await setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { masqueradeAll: true } }));
    await until(() => dataplane.syncs.length === 2);
    assert.equal(writtenSettings.length, 1);
    const config = { masqueradeAll: true, conntrack: { ...conntrack, udpTimeoutSeconds: 45 } };
    await setNodeProxy(makeNodeProxySpec({ revision: "r3", config }));
    await until(() => writtenSettings.length === 2);
    assert.ok(writtenSettings[1]?.includes("proc/sys/net/netfilter/nf_conntrack_udp_timeout=45"));
  });

  it("an API server without ServiceCIDRs does not hold the agent up", async () => {
    const notFound = new ApiError({ statusCode: 404, reason: "NotFound", message: "no such resource" });
    api.failNext("list", notFound, { resource: resources.serviceCIDRs, times: 1000 });
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
  });

  it("Namespaces are watched only for rules that select by them", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    assert.equal(countCalls("watch", "namespaces") > 0, false);
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { services: [rule] } }));
    await until(() => dataplane.syncs.length === 2);
    assert.equal(countCalls("watch", "namespaces") > 0, true);
  });

  it("settings that select by namespace wait for the Namespaces; meanwhile those before are served and followed", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    api.failNext("watch", new Error("connection refused"), { resource: resources.namespaces, times: 6 });
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { services: [rule] } }));
    await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
    await until(() => dataplane.syncs.length === 2);
    assert.deepEqual(dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
    await clock.advance(1_000);
    const status = await readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.status, ready?.reason], ["r1", "False", "Waiting"]);
    assert.equal(ready?.message, "Revision r2 waits for Namespaces; until then revision r1 stays in force.");
    await clock.advance(60_000);
    await until(() => dataplane.syncs.length === 3);
    assert.equal((await readStatus())?.observedRevision, "r2");
  });

  it("the first settings wait for the Namespaces if they select by them: a half-known selector is never applied", async () => {
    api.failNext("watch", new Error("connection refused"), { resource: resources.namespaces, times: 6 });
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await setNodeProxy(makeNodeProxySpec({ config: { services: [rule] } }));
    start();
    await until(() => countCalls("watch", "namespaces") > 0);
    await clock.advance(1_000);
    assert.equal(dataplane.syncs.length, 0);
    await clock.advance(60_000);
    await until(() => dataplane.syncs.length === 1);
  });

  it("settings that do not select by namespace any more do not wait for the Namespaces", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    api.failNext("watch", new Error("connection refused"), { resource: resources.namespaces, times: 1000 });
    const rule = { name: "all", namespaceSelector: {}, scheduling: { algorithm: "Maglev" } } as const;
    await setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { services: [rule] } }));
    await until(() => countCalls("watch", "namespaces") > 0);
    await clock.advance(10_000);
    assert.equal(dataplane.syncs.length, 1);
    await setNodeProxy(makeNodeProxySpec({ revision: "r3", config: { masqueradeAll: true } }));
    await until(() => dataplane.syncs.length === 2);
    await clock.advance(1_000);
    assert.equal((await readStatus())?.observedRevision, "r3");
  });

  describe("with settings whose modes the node cannot run", () => {
    const unsupported = makeNodeProxySpec({ revision: "r2", config: { mode: "ipvs", fallbackModes: [] } });

    it("goes on following Services under those in force, and says what is missing", async () => {
      await setNodeProxy(makeNodeProxySpec());
      start();
      await until(() => dataplane.syncs.length === 1);
      await setNodeProxy(unsupported);
      await until(isUnsupported);
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
      await until(() => dataplane.syncs.length === 2);
      assert.deepEqual(dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
      await clock.advance(120_000);
      const { observedRevision, ready, applied } = await conditions();
      assert.equal(observedRevision, "r1");
      assert.deepEqual([ready?.status, ready?.reason], ["False", "ModeUnsupported"]);
      assert.equal(
        ready?.message,
        "Revision r2 cannot be applied, revision r1 stays in force: mode ipvs cannot run: this version of the agent has only nftables.",
      );
      assert.deepEqual([applied?.status, applied?.reason], ["False", "ModeUnsupported"]);
      assert.match(applied?.message ?? "", /has only nftables/);
      assert.deepEqual(
        events.map(({ reason, message }) => [reason, message]),
        [["ModeUnsupported", "mode ipvs cannot run: this version of the agent has only nftables"]],
      );
    });

    it("leaves /healthz as it is, however long that takes", async () => {
      await setNodeProxy(makeNodeProxySpec());
      start();
      await until(() => dataplane.syncs.length === 1);
      await setNodeProxy(unsupported);
      await until(isUnsupported);
      await clock.advance(600_000);
      const servers = log.lines.filter(({ message }) => message === "serving HTTP");
      const pages = servers.map(({ fields }) => `http://127.0.0.1:${String(fields["port"])}/healthz`);
      const answers = await Promise.all(pages.map((page) => fetch(page)));
      const bodies = await Promise.all(answers.map((answer) => answer.text()));
      // The other address has a page of this name too.
      const health = bodies.find((body) => body.includes("nodeEligible"));
      assert.match(health ?? "", /"healthy":true,.*"messages":\[\]/);
    });

    it("repairs drift under those in force", async () => {
      await setNodeProxy(makeNodeProxySpec());
      start();
      await until(() => dataplane.syncs.length === 1);
      await setNodeProxy(unsupported);
      await until(isUnsupported);
      dataplane.observer?.onForeignChange({ culprit: undefined, what: "deleted table ip kubesteer" });
      await until(() => dataplane.syncs.length === 2);
      assert.deepEqual(dataplane.syncs[1], { kind: "full" });
    });

    it("follows under the stored ones after a new start", async () => {
      await writeFile(join(stateDir, "settings.json"), renderStoredSettings(makeNodeProxySpec()));
      await setNodeProxy(unsupported);
      start();
      await until(() => dataplane.syncs.length === 1);
      await until(isUnsupported);
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
      await until(() => dataplane.syncs.length === 2);
      assert.equal((await conditions()).observedRevision, "r1");
    });

    it("brings others into force at once", async () => {
      await setNodeProxy(makeNodeProxySpec());
      start();
      await until(() => dataplane.syncs.length === 1);
      await setNodeProxy(unsupported);
      await until(isUnsupported);
      await setNodeProxy(makeNodeProxySpec({ revision: "r3", config: { masqueradeAll: true } }));
      await until(() => dataplane.syncs.length === 2);
      const { observedRevision, ready } = await conditions();
      assert.deepEqual([observedRevision, ready?.status], ["r3", "True"]);
    });

    it("brings them into force when the node can run them", async () => {
      const ipvs = new FakeDataplane("ipvs");
      ipvs.missing = ["the kernel module ip_vs"];
      otherDataplanes = [ipvs];
      await setNodeProxy(makeNodeProxySpec());
      start();
      await until(() => dataplane.syncs.length === 1);
      await setNodeProxy(unsupported);
      await until(isUnsupported);
      assert.match(
        (await conditions()).ready?.message ?? "",
        /: mode ipvs cannot run: the kernel module ip_vs\.$/,
      );
      ipvs.missing = [];
      await clock.advance(60_000);
      await until(() => ipvs.syncs.length === 1);
      const { observedRevision, ready } = await conditions();
      assert.deepEqual([observedRevision, ready?.status], ["r2", "True"]);
    });

    it("follows under the stored ones also where they come from a file", async () => {
      await writeFile(join(stateDir, "settings.json"), renderStoredSettings(makeNodeProxySpec()));
      const spec = { mode: "ipvs", fallbackModes: [] };
      start(
        parseProxyConfig({
          apiVersion: apiGroupVersion,
          kind: "ProxyConfig",
          metadata: { name: "file" },
          spec,
        }),
      );
      await until(() => dataplane.syncs.length === 1);
      await until(() => log.lines.some(({ message }) => message.includes("wait for a mode")));
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
      await until(() => dataplane.syncs.length === 2);
    });

    it("a node that never had others is not ready, and takes the next it can run", async () => {
      await setNodeProxy(unsupported);
      start();
      await until(isUnsupported);
      assert.equal((await conditions()).observedRevision, undefined);
      assert.deepEqual(dataplane.syncs, []);
      await setNodeProxy(makeNodeProxySpec({ revision: "r3" }));
      await until(() => dataplane.syncs.length === 1);
    });
  });

  it("the status is written on change and as a heartbeat, not once per sync", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(1_000);
    const before = countCalls("apply", "nodeproxies");
    for (let index = 0; index < 10; index += 1) {
      await api.update(resources.endpointSlices, makeSlice(`10.1.0.${index + 6}`));
      await clock.advance(1_500);
    }
    assert.ok(dataplane.syncs.length > 10);
    assert.equal(countCalls("apply", "nodeproxies"), before);
    await clock.advance(15_000);
    assert.equal(countCalls("apply", "nodeproxies"), before + 1);
  });

  it("a NodeProxy that was deleted and made again gets its status again; the kernel is left alone", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(1_000);
    await api.delete({ resource: resources.nodeProxies, name: nodeName });
    await clock.advance(60_000);
    assert.equal(await readStatus(), undefined);
    await setNodeProxy(makeNodeProxySpec());
    await clock.advance(1_000);
    assert.equal((await readStatus())?.observedRevision, "r1");
    assert.equal(dataplane.syncs.length, 1);
  });

  it("a NodeProxy that cannot be used leaves the settings in force, and its status says why until it can", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(1_000);
    const { drift: _drift, ...config } = makeNodeProxySpec().config;
    await api.delete({ resource: resources.nodeProxies, name: nodeName });
    const unusable = { ...makeNodeProxySpec({ revision: "r2" }), config };
    await api.create(resources.nodeProxies, { metadata: { name: nodeName }, spec: unusable });
    await clock.advance(60_000);
    const status = await readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.reason], ["r1", "SettingsUnusable"]);
    assert.match(ready?.message ?? "", /spec\.config\.drift/);
    assert.equal(dataplane.syncs.length, 1);
    assert.equal(log.lines.filter(({ message }) => message.includes("cannot be used")).length, 1);
    await setNodeProxy(makeNodeProxySpec({ revision: "r3" }));
    await until(() => dataplane.syncs.length === 2);
    await clock.advance(1_000);
    assert.equal((await readStatus())?.observedRevision, "r3");
  });

  it("a first NodeProxy that cannot be used gets a status that says why, and the kernel is left alone", async () => {
    const { drift: _drift, ...config } = makeNodeProxySpec().config;
    const unusable = { ...makeNodeProxySpec(), config };
    await api.create(resources.nodeProxies, { metadata: { name: nodeName, generation: 4 }, spec: unusable });
    start();
    await until(() => log.lines.some(({ message }) => message.includes("cannot be used")));
    await clock.advance(1_000);
    const status = await readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.status], [undefined, "False"]);
    assert.equal(ready?.reason, "SettingsUnusable");
    assert.match(
      ready.message,
      /cannot be used, and there are no settings from before: it lacks spec\.config\.drift/,
    );
    assert.deepEqual(dataplane.calls, []);
    await setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(1_000);
    assert.equal((await readStatus())?.observedRevision, "r2");
  });

  it("a value that cannot be parsed makes the NodeProxy unusable, and it stays so when it comes again", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    const nodePorts = { ...makeNodeProxySpec().config.nodePorts, addresses: ["10.0.0.0/99"] };
    await setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { nodePorts } }));
    await api.apply(
      resources.nodeProxies,
      { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: nodeName, labels: { a: "b" } } },
      { fieldManager: "labels" },
    );
    await clock.advance(1_000);
    const status = await readStatus();
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([status?.observedRevision, ready?.reason], ["r1", "SettingsUnusable"]);
    assert.match(ready?.message ?? "", /spec\.config\.nodePorts.*10\.0\.0\.0\/99/);
  });

  it("an API server that refuses the status does not stop the agent, and gets it later", async () => {
    await setNodeProxy(makeNodeProxySpec());
    api.failNext("apply", new ApiError({ statusCode: 503, reason: "", message: "no" }), { times: 3 });
    start();
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(20_000);
    assert.equal((await readStatus())?.observedRevision, "r1");
  });

  it("a refused Service is an Event on the NodeProxy and in the status", async () => {
    dataplane.report = makeSyncReport({ rejected: makeRejected("default/web") });
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(1_000);
    assert.deepEqual(
      events.map(({ reason, regarding }) => [reason, regarding.kind, regarding.name]),
      [["ServiceRejected", "NodeProxy", nodeName]],
    );
    const status = await readStatus();
    assert.equal(status?.services?.unsupported?.[0]?.service, "default/web");
    assert.equal(status.conditions?.find(({ type }) => type === "Degraded")?.status, "True");
  });

  it("with a file the agent needs no NodeProxy and writes none", async () => {
    const text = { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name: "file" }, spec: {} };
    start(parseProxyConfig(text));
    await until(() => dataplane.syncs.length === 1);
    await clock.advance(60_000);
    assert.equal(countCalls("watch", "nodeproxies") + countCalls("apply", "nodeproxies"), 0);
  });

  it("stopping closes the dataplane and leaves the kernel alone", async () => {
    await setNodeProxy(makeNodeProxySpec());
    start();
    await until(() => dataplane.syncs.length === 1);
    stop.abort();
    await running;
    assert.ok(!dataplane.calls.includes("cleanup"));
    assert.equal(dataplane.calls.at(-1), "close");
  });

  describe("with LeastConnection", () => {
    const spec = makeNodeProxySpec({ config: { scheduling: { algorithm: "LeastConnection" } } });
    const endpoint = endpointKey("TCP", parseIpAddress("10.1.0.5"), 8080);

    beforeEach(async () => {
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
      await setNodeProxy(spec);
    });

    it("counts connections every five seconds, and programs what differs enough", async () => {
      const counts = new Map<string, number>();
      let times = 0;
      countConnections = () => {
        times += 1;
        return Promise.resolve(new Map(counts));
      };
      start();
      await until(() => dataplane.syncs.length === 1 && times === 1);
      counts.set(endpoint, 1);
      await clock.advance(5_000);
      assert.deepEqual([times, dataplane.syncs.length], [2, 1]);
      counts.set(endpoint, 40);
      await clock.advance(5_000);
      assert.deepEqual([times, dataplane.syncs.length], [3, 2]);
      assert.deepEqual(dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
    });

    it("says why connections cannot be counted, and no longer when they can", async () => {
      countConnections = () => Promise.reject(new Error("conntrack is not installed"));
      start();
      await until(() => dataplane.syncs.length === 1);
      await clock.advance(20_000);
      const [problem] = (await readStatus())?.services?.unsupported ?? [];
      assert.equal(problem?.service, "default/web");
      assert.equal(problem.feature, "scheduling.algorithm");
      assert.match(problem.reason, /served as Random: conntrack is not installed/);
      countConnections = () => Promise.resolve(new Map());
      await clock.advance(60_000);
      assert.deepEqual((await readStatus())?.services?.unsupported, []);
    });

    it("leaves it to a mode that does it by itself", async () => {
      dataplane.hasLeastConnection = true;
      start();
      await until(() => dataplane.syncs.length === 1);
      await clock.advance(60_000);
    });

    it("does not count any more when the algorithm is another one", async () => {
      countConnections = () => Promise.resolve(new Map());
      start();
      await until(() => dataplane.syncs.length === 1);
      await clock.advance(1_000);
      await setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
      await until(() => dataplane.syncs.length === 2);
      countConnections = () => assert.fail("nobody needs them");
      await clock.advance(60_000);
    });
  });

  describe("with slow start", () => {
    it("programs the ten steps of a new endpoint, and nothing more", async () => {
      await setNodeProxy(makeNodeProxySpec({ config: { scheduling: { slowStartSeconds: 9 } } }));
      start();
      await until(() => dataplane.syncs.length === 1);
      await clock.advance(60_000);
      assert.equal(dataplane.syncs.length, 1, "old endpoints have their whole weight at once");
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
      await until(() => dataplane.syncs.length === 2);
      await clock.advance(8_999);
      assert.equal(dataplane.syncs.length, 1 + 9);
      await clock.advance(60_000);
      assert.equal(dataplane.syncs.length, 1 + 10);
    });

    it("does not begin when another endpoint only leaves", async () => {
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5", "10.1.0.6"));
      await setNodeProxy(makeNodeProxySpec({ config: { scheduling: { slowStartSeconds: 9 } } }));
      start();
      await until(() => dataplane.syncs.length === 1);
      await api.update(resources.endpointSlices, makeSlice("10.1.0.5"));
      await until(() => dataplane.syncs.length === 2);
      await clock.advance(60_000);
      assert.equal(dataplane.syncs.length, 2);
    });
  });
});
