import assert from "node:assert/strict";
import type { FlowGroup } from "../../../../../agent/kernel/conntrack/flow-group.ts";
import { type FlowChanges, ServiceFlows } from "../../../../../agent/node-services/flows/service-flows.ts";
import type { UdpServicePort } from "../../../../../agent/services/catalog/udp-service-ports.ts";
import type { ServiceName } from "../../../../../agent/services/desired-state.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock, settle } from "../../../../support/fake-clock.ts";
import { FakeDataplane } from "../../../../support/fake-dataplane.ts";
import { makeServingModes } from "../../../../support/fake-serving-modes.ts";
import { makeDesiredService, makeEndpoint } from "../../../../support/make-desired-state.ts";

const dns = makeDesiredService("kube-system/dns");
const frontend = makeEndpoint("10.96.0.10:53");
const [current, gone] = [makeEndpoint("10.244.1.2:53"), makeEndpoint("10.244.1.3:53")];
const ports: readonly UdpServicePort[] = [{ frontends: [frontend], endpoints: [current] }];

const untranslated: FlowGroup = { destination: frontend, replySource: frontend };
const stale: FlowGroup = { destination: frontend, replySource: gone };
const good: FlowGroup = { destination: frontend, replySource: current };

describe("flows of Services, by the abilities of their mode", () => {
  let clock: FakeClock;
  let translating: FakeDataplane;
  let own: FakeDataplane;
  let flows: ServiceFlows;
  let listed: readonly FlowGroup[];
  let deleted: FlowGroup[];
  let attempts: number;
  let released: string[];
  let failure: Error | undefined;
  let stop: AbortController;
  let running: Promise<void>;
  let udpServicePorts: Map<ServiceName, readonly UdpServicePort[]>;

  beforeEach(() => {
    clock = new FakeClock();
    translating = new FakeDataplane("nftables");
    own = new FakeDataplane("userspace");
    own.abilities = { ...own.abilities, flows: "own" };
    released = [];
    failure = undefined;
    Object.assign(own, {
      releaseFlows(changed: ReadonlyMap<ServiceName, readonly UdpServicePort[]>) {
        released.push([...changed.keys()].join());
        return failure === undefined ? Promise.resolve(1) : Promise.reject(failure);
      },
    });
    listed = [];
    deleted = [];
    attempts = 0;
    udpServicePorts = new Map([[dns.name, ports]]);
    const remove = (flow: FlowGroup) => Promise.resolve(deleted.push(flow));
    flows = new ServiceFlows({
      serving: makeServingModes(translating, own),
      flows: {
        listUdpFlows: (family) => Promise.resolve(family === "IPv4" ? listed : []),
        listTcpAttempts: () => {
          attempts += 1;
          return Promise.resolve([]);
        },
        deleteUdpFlows: remove,
        deleteTcpAttempts: remove,
      },
      metrics: { record: () => {} },
      onProblemChange: () => {},
      clock,
      log: silentLogger,
    });
    stop = new AbortController();
    running = flows.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await running;
  });

  async function follow(changes: Partial<FlowChanges>): Promise<void> {
    deleted.length = 0;
    released.length = 0;
    flows.follow({ udpServicePorts, changed: new Set(), moved: new Set(), refilled: new Set(), ...changes });
    await settle();
  }

  it("conntrack's flows are repaired for Services that it translates", async () => {
    listed = [stale, untranslated, good];
    await follow({ changed: new Set([dns.name]) });
    assert.deepEqual(new Set(deleted), new Set([stale, untranslated]));
    assert.deepEqual([released, attempts], [[], 0]);
  });

  it("the mode ends those that it carries itself; to conntrack they are none of ours", async () => {
    own.held.set(dns.name, dns);
    listed = [untranslated, good];
    await follow({ changed: new Set([dns.name]) });
    assert.deepEqual([released, deleted], [["kube-system/dns"], []]);
  });

  it("flows that an earlier process had translated for a Service of another mode go", async () => {
    own.held.set(dns.name, dns);
    listed = [untranslated, good];
    await follow({ refilled: new Set(["nftables", "userspace"]) });
    assert.deepEqual(deleted, [good]);
  });

  it("a Service that moves leaves no translated flow behind, and comes back without an untranslated one", async () => {
    listed = [good];
    await follow({ changed: new Set([dns.name]) });
    assert.deepEqual(deleted, []);
    own.held.set(dns.name, dns);
    listed = [good, untranslated];
    await follow({ moved: new Set([dns.name]) });
    assert.deepEqual([deleted, released], [[good], ["kube-system/dns"]]);
    own.held.clear();
    listed = [untranslated];
    await follow({ moved: new Set([dns.name]) });
    assert.deepEqual(deleted, [untranslated]);
  });

  it("modes whose flows need no help get none", async () => {
    translating.abilities = { ...translating.abilities, flows: "none" };
    listed = [untranslated];
    await follow({ changed: new Set([dns.name]), refilled: new Set(["nftables"]) });
    assert.deepEqual([deleted, released, attempts], [[], [], 0]);
  });

  it("after a refill all flows are looked at, and attempts to connect where conntrack translates", async () => {
    listed = [stale];
    await follow({ refilled: new Set(["nftables"]) });
    assert.deepEqual([deleted, attempts], [[stale], 2]);
    attempts = 0;
    await follow({ refilled: new Set(["userspace"]) });
    assert.equal(attempts, 0);
  });

  it("a mode that cannot end flows is a problem, and asked again", async () => {
    own.held.set(dns.name, dns);
    failure = new Error("no memory");
    await follow({ changed: new Set([dns.name]) });
    assert.deepEqual(flows.problems(), ["mode userspace: no memory"]);
    failure = undefined;
    await clock.advance(30_000);
    assert.deepEqual([flows.problems(), released], [[], ["kube-system/dns", "kube-system/dns"]]);
  });
});
