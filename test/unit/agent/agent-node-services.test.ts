import assert from "node:assert/strict";
import { resources } from "../../../platform/kube/resources.ts";
import { AgentUnderTest, makeWebSlice, until, webService } from "../../support/agent-under-test.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";

/** Two endpoints, the second with these conditions. */
function makeUdpSlice(conditions: object) {
  const [kept, ending] = makeWebSlice("10.1.0.5", "10.1.0.6").endpoints;
  return {
    ...makeWebSlice(),
    ports: [{ name: "", port: 53, protocol: "UDP" }],
    endpoints: [kept, { ...ending, conditions }],
  };
}

describe("agent and what Services need besides rules", () => {
  let agent: AgentUnderTest;
  beforeEach(async () => {
    agent = await AgentUnderTest.create();
  });
  afterEach(() => agent.close());

  async function isNodeProblem(): Promise<boolean> {
    return (await agent.conditions()).degraded?.reason === "NodeProblem";
  }

  async function isCured(): Promise<boolean> {
    return (await agent.conditions()).degraded?.status === "False";
  }

  it("looks at UDP flows when an endpoint ends, also where the dataplane has nothing to do", async () => {
    const draining = { ready: false, serving: true, terminating: true };
    await agent.api.update(resources.services, {
      ...webService,
      spec: { ...webService.spec, ports: [{ port: 53, protocol: "UDP" }] },
    });
    await agent.api.update(resources.endpointSlices, makeUdpSlice({ ready: true }));
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.dataplane.syncs.length === 1 && agent.looksAtFlows === 1);
    await agent.api.update(resources.endpointSlices, makeUdpSlice(draining));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.equal(agent.looksAtFlows, 1);
    await agent.api.update(resources.endpointSlices, makeUdpSlice({ ...draining, serving: false }));
    await until(() => agent.looksAtFlows === 2);
    assert.equal(agent.dataplane.syncs.length, 2);
  });

  it("is Degraded while UDP flows cannot be read, and says why", async () => {
    agent.flowsProblem = new Error("conntrack is not installed: apt-get install conntrack");
    await agent.api.update(resources.services, {
      ...webService,
      spec: { ...webService.spec, ports: [{ port: 53, protocol: "UDP" }] },
    });
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    const degraded = async () => {
      await agent.clock.advance(1_000);
      return (await agent.readStatus())?.conditions?.find(({ type }) => type === "Degraded");
    };
    await until(async () => (await degraded())?.reason === "NodeProblem");
    assert.match(
      (await degraded())?.message ?? "",
      /endpoints that are gone: conntrack is not installed: apt-get/,
    );
    agent.flowsProblem = undefined;
    await agent.clock.advance(30_000);
    await until(async () => (await degraded())?.status === "False");
    assert.equal(agent.dataplane.syncs.length, 1);
  });

  it("is Degraded while its settings name what the node does not have", async () => {
    const localTraffic = { detect: "BridgeInterface", interface: "nosuchbr" } as const;
    await agent.setNodeProxy(makeNodeProxySpec({ config: { localTraffic } }));
    agent.start();
    await until(isNodeProblem);
    assert.match(
      (await agent.conditions()).degraded?.message ?? "",
      /^interface nosuchbr does not exist \(spec\.localTraffic/,
    );
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
    await until(isCured);
    const nodePorts = { ...makeNodeProxySpec().config.nodePorts, addresses: ["203.0.113.0/24"] };
    const ports = [{ port: 80, nodePort: 30_080 }];
    await agent.api.update(resources.services, {
      ...webService,
      spec: { ...webService.spec, type: "NodePort", ports },
    });
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r3", config: { nodePorts } }));
    await until(isNodeProblem);
    assert.match(
      (await agent.conditions()).degraded?.message ?? "",
      /NodePorts do not answer over IPv4; it has /,
    );
    await agent.api.update(resources.services, webService);
    await until(isCured);
  });

  it("reports on the Service that the agent cannot listen on a health check node port", async () => {
    await agent.api.update(resources.services, {
      ...webService,
      spec: {
        ...webService.spec,
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        healthCheckNodePort: 30_999,
      },
    });
    await agent.setNodeProxy(makeNodeProxySpec({ node: { podCIDRs: [], addresses: ["192.0.2.1"] } }));
    agent.start();
    await until(() => agent.events.length > 0);
    assert.deepEqual(agent.events[0]?.regarding, {
      apiVersion: "v1",
      kind: "Service",
      namespace: "default",
      name: "web",
    });
    assert.equal(agent.events[0].reason, "FailedToStartServiceHealthcheck");
    assert.match(agent.events[0].message, /^Cannot listen on 192\.0\.2\.1 port 30999: .*EADDRNOTAVAIL/);
  });

  it("writes conntrack settings when they are applied, and again when they change", async () => {
    await agent.setNodeProxy(makeNodeProxySpec());
    agent.start();
    await until(() => agent.writtenSettings.length === 1);
    const { conntrack } = makeNodeProxySpec().config;
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2", config: { masqueradeAll: true } }));
    await until(() => agent.dataplane.syncs.length === 2);
    assert.equal(agent.writtenSettings.length, 1);
    const config = { masqueradeAll: true, conntrack: { ...conntrack, udpTimeoutSeconds: 45 } };
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r3", config }));
    await until(() => agent.writtenSettings.length === 2);
    assert.ok(agent.writtenSettings[1]?.includes("proc/sys/net/netfilter/nf_conntrack_udp_timeout=45"));
  });
});
