import assert from "node:assert/strict";
import { parseIpAddress } from "../../../platform/ip/address.ts";
import { transportKey } from "../../../platform/ip/socket-address.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { AgentUnderTest, makeWebSlice, until } from "../../support/agent-under-test.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";

describe("agent that weighs endpoints", () => {
  let agent: AgentUnderTest;
  beforeEach(async () => {
    agent = await AgentUnderTest.create();
  });
  afterEach(() => agent.close());

  describe("with LeastConnection", () => {
    const spec = makeNodeProxySpec({ config: { scheduling: { algorithm: "LeastConnection" } } });
    const endpoint = transportKey("TCP", { address: parseIpAddress("10.1.0.5"), port: 8080 });

    beforeEach(async () => {
      await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
      await agent.setNodeProxy(spec);
    });

    it("counts connections every five seconds, and programs what differs enough", async () => {
      const counts = new Map<string, number>();
      let times = 0;
      agent.countConnections = () => {
        times += 1;
        return Promise.resolve(new Map(counts));
      };
      agent.start();
      await until(() => agent.dataplane.syncs.length === 1 && times === 1);
      counts.set(endpoint, 1);
      await agent.clock.advance(5_000);
      assert.deepEqual([times, agent.dataplane.syncs.length], [2, 1]);
      counts.set(endpoint, 40);
      await agent.clock.advance(5_000);
      assert.deepEqual([times, agent.dataplane.syncs.length], [3, 2]);
      assert.deepEqual(agent.dataplane.syncs[1], { kind: "partial", services: new Set(["default/web"]) });
    });

    it("says why connections cannot be counted, and no longer when they can", async () => {
      agent.countConnections = () => Promise.reject(new Error("conntrack is not installed"));
      agent.start();
      await until(() => agent.dataplane.syncs.length === 1);
      await agent.clock.advance(20_000);
      const [problem] = (await agent.readStatus())?.services?.unsupported ?? [];
      assert.equal(problem?.service, "default/web");
      assert.equal(problem.feature, "scheduling.algorithm");
      assert.match(problem.reason, /served as Random: conntrack is not installed/);
      agent.countConnections = () => Promise.resolve(new Map());
      await agent.clock.advance(60_000);
      assert.deepEqual((await agent.readStatus())?.services?.unsupported, []);
    });

    it("leaves it to a mode that does it by itself", async () => {
      agent.dataplane.abilities = { ...agent.dataplane.abilities, kernelLeastConnection: true };
      agent.start();
      await until(() => agent.dataplane.syncs.length === 1);
      await agent.clock.advance(60_000);
    });

    it("does not count any more when the algorithm differs", async () => {
      agent.countConnections = () => Promise.resolve(new Map());
      agent.start();
      await until(() => agent.dataplane.syncs.length === 1);
      await agent.clock.advance(1_000);
      await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
      await until(() => agent.dataplane.syncs.length === 2);
      agent.countConnections = () => assert.fail("connections are not needed");
      await agent.clock.advance(60_000);
    });
  });

  describe("with slow start", () => {
    it("programs the ten steps of a new endpoint, and nothing more", async () => {
      await agent.setNodeProxy(makeNodeProxySpec({ config: { scheduling: { slowStartSeconds: 9 } } }));
      agent.start();
      await until(() => agent.dataplane.syncs.length === 1);
      await agent.clock.advance(60_000);
      assert.equal(agent.dataplane.syncs.length, 1, "old endpoints have their whole weight at once");
      await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
      await until(() => agent.dataplane.syncs.length === 2);
      await agent.clock.advance(8_999);
      assert.equal(agent.dataplane.syncs.length, 1 + 9);
      await agent.clock.advance(60_000);
      assert.equal(agent.dataplane.syncs.length, 1 + 10);
    });

    it("does not begin when another endpoint only leaves", async () => {
      await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5", "10.1.0.6"));
      await agent.setNodeProxy(makeNodeProxySpec({ config: { scheduling: { slowStartSeconds: 9 } } }));
      agent.start();
      await until(() => agent.dataplane.syncs.length === 1);
      await agent.api.update(resources.endpointSlices, makeWebSlice("10.1.0.5"));
      await until(() => agent.dataplane.syncs.length === 2);
      await agent.clock.advance(60_000);
      assert.equal(agent.dataplane.syncs.length, 2);
    });
  });
});
