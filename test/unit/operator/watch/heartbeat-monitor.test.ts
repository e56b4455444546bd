import assert from "node:assert/strict";
import { HeartbeatMonitor } from "../../../../operator/watch/heartbeat-monitor.ts";
import { agentSilenceMs } from "../../../../operator/plan/nodes/agent-silence.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { makeNode, makeNodeProxy, makeProxyConfig, readyStatus, secondsAgo } from "../plan/make-cluster.ts";

const config = makeProxyConfig();

/** The NodeProxy of a node, with a heartbeat of that age by the node's clock. */
function reported(name: string, age?: number, uid = `proxy-${name}`) {
  const status = age === undefined ? undefined : readyStatus("r1", { heartbeatAt: secondsAgo(age) });
  return makeNodeProxy(makeNode(name), config, {
    metadata: { uid },
    ...(status !== undefined && { status }),
  });
}

function createStage() {
  const clock = new FakeClock();
  const monitor = new HeartbeatMonitor(clock);
  monitor.contact("opened");
  return {
    monitor,
    pass: (seconds: number) => clock.advance(seconds * 1000),
    /** Lets time pass with a bookmark at least every minute; whether an agent has become silent. */
    live: async (seconds: number): Promise<boolean> => {
      let fellSilent = false;
      for (let leftSeconds = seconds; leftSeconds > 0; leftSeconds -= 60) {
        await clock.advance(Math.min(60, leftSeconds) * 1000);
        fellSilent = monitor.contact("event") || fellSilent;
      }
      return fellSilent;
    },
    of: (name: string) => monitor.observations().get(name),
  };
}

type Stage = ReturnType<typeof createStage>;

const rows: readonly {
  readonly rule: string;
  /** What happens after node-1 has been seen with a heartbeat, and seen changing it. */
  readonly happens: (stage: Stage) => Promise<unknown>;
  readonly unchangedSeconds: number;
}[] = [
  { rule: "time counts while events come", happens: ({ live }) => live(150), unchangedSeconds: 150 },
  {
    rule: "time since the last sign of life does not count: the connection may be dead",
    happens: async ({ live, pass }) => {
      await live(20);
      await pass(170);
    },
    unchangedSeconds: 20,
  },
  {
    rule: "time between two connections does not count: agents may have been cut off as well",
    happens: async ({ live, pass, monitor }) => {
      await live(20);
      await pass(3600);
      monitor.contact("opened");
      await live(30);
    },
    unchangedSeconds: 50,
  },
  {
    rule: "of a pause without a bookmark no more than a minute and a half counts",
    happens: async ({ pass, monitor }) => {
      await pass(3600);
      monitor.contact("event");
    },
    unchangedSeconds: 90,
  },
  {
    rule: "what comes again as it was is no sign of life",
    happens: async ({ live, monitor }) => {
      await live(100);
      monitor.observe(reported("node-1", 0));
      await live(20);
    },
    unchangedSeconds: 120,
  },
  {
    rule: "another heartbeat is a sign of life, however old the time in it is",
    happens: async ({ live, monitor }) => {
      await live(100);
      monitor.observe(reported("node-1", 86_400));
      await live(20);
    },
    unchangedSeconds: 20,
  },
];

describe("HeartbeatMonitor", () => {
  for (const { rule, happens, unchangedSeconds } of rows) {
    it(rule, async () => {
      const stage = createStage();
      stage.monitor.observe(reported("node-1", 60));
      stage.monitor.observe(reported("node-1", 0));
      await happens(stage);
      assert.deepEqual(stage.of("node-1"), { unchangedMs: unchangedSeconds * 1000, seenChanging: true });
    });
  }

  it("has not seen a heartbeat change that it sees for the first time, nor that of a recreated NodeProxy", async () => {
    const { monitor, live, of } = createStage();
    monitor.observe(reported("node-1", 60));
    assert.deepEqual(of("node-1"), { unchangedMs: 0, seenChanging: false });
    monitor.observe(reported("node-1", 0));
    await live(60);
    assert.equal(monitor.observe(reported("node-1", undefined, "recreated")), undefined);
    assert.deepEqual(of("node-1"), { unchangedMs: 0, seenChanging: false });
  });

  it("reports once when an agent has become silent, and the state before it came back", async () => {
    const { monitor, live } = createStage();
    monitor.observe(reported("node-1", 60));
    await live(60);
    monitor.observe(reported("node-2", 60));
    assert.equal(await live(agentSilenceMs / 1000 - 61), false);
    assert.equal(await live(1), true);
    assert.equal(await live(59), false);
    assert.equal(await live(1), true);
    assert.deepEqual(monitor.observe(reported("node-1", 0)), {
      unchangedMs: agentSilenceMs + 60_000,
      seenChanging: false,
    });
    assert.equal(await live(179), false);
    assert.equal(await live(1), true);
  });

  it("keeps nothing of a NodeProxy that is gone", async () => {
    const { monitor, live } = createStage();
    monitor.observe(reported("node-1", 60));
    monitor.observe(reported("node-2", 60));
    monitor.forget("node-2");
    await live(600);
    monitor.forget("node-1");
    assert.equal(monitor.observations().size, 0);
    assert.equal(await live(600), false);
  });
});
