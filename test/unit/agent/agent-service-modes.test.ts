import assert from "node:assert/strict";
import { AgentUnderTest, until } from "../../support/agent-under-test.ts";
import { FakeDataplane } from "../../support/fake-dataplane.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";

const rule = { name: "web", names: ["default/web"], mode: "userspace" } as const;
const spec = makeNodeProxySpec({ config: { services: [rule] } });

describe("agent with a mode for some Services", () => {
  let agent: AgentUnderTest;
  let userspace: FakeDataplane;

  beforeEach(async () => {
    agent = await AgentUnderTest.create();
    userspace = new FakeDataplane("userspace");
    await agent.setNodeProxy(spec);
  });
  afterEach(() => agent.close());

  it("serves them in that mode, and says which modes run", async () => {
    agent.otherDataplanes = [userspace];
    agent.start();
    await until(() => userspace.held.size === 1);
    assert.deepEqual([...agent.dataplane.passing], ["default/web"]);
    const { ready } = await agent.conditions();
    assert.match(ready?.message ?? "", /, mode nftables, and mode userspace for 1 Service\.$/);
    const status = await agent.readStatus();
    assert.equal(status?.runningMode, "nftables");
    assert.deepEqual(status.runningModes, [
      { mode: "nftables", services: 0, servicePorts: 0, endpoints: 0 },
      { mode: "userspace", services: 1, servicePorts: 1, endpoints: 1 },
    ]);
  });

  it("moves them back when the rule goes, and cleans the mode up", async () => {
    agent.otherDataplanes = [userspace];
    agent.start();
    await until(() => userspace.held.size === 1);
    await agent.setNodeProxy(makeNodeProxySpec({ revision: "r2" }));
    await until(() => userspace.calls.at(-1) === "cleanup");
    assert.deepEqual([...agent.dataplane.held.keys()], ["default/web"]);
  });

  it("serves them in the main mode where that one cannot run, is Degraded and says why", async () => {
    userspace.missing = ["a kernel with TPROXY"];
    agent.otherDataplanes = [userspace];
    agent.start();
    await until(() => agent.dataplane.held.size === 1);
    const { ready, degraded } = await agent.conditions();
    assert.deepEqual([ready?.status, degraded?.status], ["True", "True"]);
    assert.deepEqual((await agent.readStatus())?.services?.unsupported, [
      {
        service: "default/web",
        feature: "mode userspace",
        reason: "mode userspace cannot run: a kernel with TPROXY; served in mode nftables",
      },
    ]);
  });

  it("tells that it fails, and recovers by itself", async () => {
    for (let count = 0; count < 3; count += 1) userspace.failures.push(new Error("no sockets left"));
    agent.otherDataplanes = [userspace];
    agent.start();
    await until(() => agent.dataplane.held.size === 1);
    const { ready } = await agent.conditions();
    assert.deepEqual([ready?.status, ready?.reason], ["False", "SyncFailed"]);
    assert.match(ready?.message ?? "", /^Mode userspace fails, .*: no sockets left\.$/);
    assert.deepEqual(
      agent.events.map(({ reason }) => reason),
      ["SyncFailed"],
    );
    await agent.clock.advance(10_000);
    await until(() => userspace.held.size === 1);
    assert.equal((await agent.conditions()).ready?.status, "True");
  });

  it("repairs drift in the mode where it happened", async () => {
    agent.otherDataplanes = [userspace];
    agent.start();
    await until(() => userspace.held.size === 1);
    const before = agent.dataplane.syncs.length;
    userspace.observer?.onForeignChange({ culprit: undefined, what: "closed a socket" });
    await until(() => userspace.syncs.length === 2);
    assert.equal(userspace.syncs[1]?.kind, "full");
    assert.ok(agent.dataplane.syncs.slice(before).every(({ kind }) => kind === "partial"));
  });
});
