import assert from "node:assert/strict";
import { createRunner } from "../../../../../agent/dataplane/runner.ts";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import type { DesiredService, ServiceName } from "../../../../../agent/services/desired-state.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
} from "../../../../support/make-desired-state.ts";
import { NftModel } from "../../../../support/nft-model.ts";

const service = (number: number, endpoint = `10.244.1.${number}:80`): DesiredService =>
  makeDesiredService(`ns/s${number}`, [
    { frontends: [makeFrontend(`10.96.0.${number}:80`)], clusterEndpoints: [makeEndpoint(endpoint)] },
  ]);

/** A Service whose address does not follow from its number. */
const at = (number: number, host: number): DesiredService =>
  makeDesiredService(`ns/s${number}`, [{ frontends: [makeFrontend(`10.96.0.${host}:80`)] }]);

const bad = "10.9.9.9:80";
const numbers = [1, 2, 3, 4, 5];

function start() {
  const model = new NftModel();
  model.poison = "10.9.9.9";
  const commands = new FakeCommandRunner(model.commands);
  const dataplane = createRunner(createNftablesDataplane, {
    commands,
    log: silentLogger,
    clock: new FakeClock(),
  });
  const addresses = (): readonly string[] =>
    [...model.elements("ip kubesteer", "svc").keys()].map((key) => key.split(" ")[0] ?? "").toSorted();
  return { model, dataplane, addresses };
}

const names = (services: readonly DesiredService[]): ReadonlySet<ServiceName> =>
  new Set(services.map(({ name }) => name));

describe("a Service that the kernel refuses", () => {
  it("is reported and left out of a cold start; all others are programmed", async () => {
    const { dataplane, addresses } = start();
    const services = [service(1), service(2, bad), service(3), service(4, bad), service(5)];
    const report = await dataplane.sync(makeDesiredState(services), { kind: "full" });
    assert.deepEqual(report.rejected, [
      { service: "ns/s2", reason: "Invalid argument" },
      { service: "ns/s4", reason: "Invalid argument" },
    ]);
    assert.equal(report.servicePorts, 3);
    assert.deepEqual(addresses(), ["10.96.0.1", "10.96.0.3", "10.96.0.5"]);
  });

  it("is left out of a refill too", async () => {
    const { dataplane, addresses } = start();
    await dataplane.sync(makeDesiredState(numbers.map((number) => service(number))), { kind: "full" });
    const services = [service(1), service(2), service(3, bad), service(4), service(5)];
    const report = await dataplane.sync(makeDesiredState(services), { kind: "full" });
    assert.deepEqual(report.rejected, [{ service: "ns/s3", reason: "Invalid argument" }]);
    assert.deepEqual(addresses(), ["10.96.0.1", "10.96.0.2", "10.96.0.4", "10.96.0.5"]);
  });

  it("loses what it had, while the Services that changed with it are programmed", async () => {
    const { dataplane, addresses, model } = start();
    await dataplane.sync(makeDesiredState([service(1), service(2), service(3)]), { kind: "full" });
    const services = [service(1, "10.244.2.1:80"), service(2, bad), service(3, "10.244.2.3:80"), service(4)];
    const report = await dataplane.sync(makeDesiredState(services), {
      kind: "partial",
      services: names(services),
    });
    assert.deepEqual(report.rejected, [{ service: "ns/s2", reason: "Invalid argument" }]);
    assert.deepEqual(addresses(), ["10.96.0.1", "10.96.0.3", "10.96.0.4"]);
    assert.equal(model.elements("ip kubesteer", "eps-tcp").get("10.96.0.1 . 80 . 0"), "10.244.2.1 . 80");
  });

  it("does not take a Service along that waits for the address of another", async () => {
    const { dataplane, addresses } = start();
    await dataplane.sync(makeDesiredState([at(2, 1)]), { kind: "full" });
    const services = [at(1, 1), service(3, bad), at(2, 2)];
    const report = await dataplane.sync(makeDesiredState(services), {
      kind: "partial",
      services: names(services),
    });
    assert.deepEqual(report.rejected, [{ service: "ns/s3", reason: "Invalid argument" }]);
    assert.deepEqual(addresses(), ["10.96.0.1", "10.96.0.2"]);
  });

  it("stays reported until it changes, and comes back when it is good", async () => {
    const { dataplane, addresses } = start();
    await dataplane.sync(makeDesiredState([service(1), service(2, bad)]), { kind: "full" });
    const other = await dataplane.sync(makeDesiredState([service(1, "10.244.2.1:80"), service(2, bad)]), {
      kind: "partial",
      services: names([service(1)]),
    });
    assert.equal(other.rejected.length, 1);
    const repaired = await dataplane.sync(makeDesiredState([service(1), service(2)]), {
      kind: "partial",
      services: names([service(2)]),
    });
    assert.deepEqual(repaired.rejected, []);
    assert.deepEqual(addresses(), ["10.96.0.1", "10.96.0.2"]);
  });

  it("is refused before it reaches nft when a value has no form in the nft language", async () => {
    const { dataplane, addresses, model } = start();
    const [good, hostile] = [service(1), service(2)];
    const address = "10.0.0.1 }; flush ruleset" as ReturnType<typeof makeEndpoint>["address"];
    const services = [
      good,
      {
        ...hostile,
        ports: hostile.ports.map((port) => ({
          ...port,
          clusterEndpoints: port.clusterEndpoints.map((endpoint) => ({ ...endpoint, address })),
        })),
      },
    ];
    const report = await dataplane.sync(makeDesiredState(services), { kind: "full" });
    assert.match(report.rejected[0]?.reason ?? "", /is not a valid nft address/);
    assert.deepEqual(addresses(), ["10.96.0.1"]);
    assert.deepEqual(model.refused, []);
  });
});

describe("a table that is not as expected", () => {
  it("is reprogrammed within the same partial sync when another process has removed it", async () => {
    const { dataplane, addresses, model } = start();
    const services = [service(1), service(2)];
    await dataplane.sync(makeDesiredState(services), { kind: "full" });
    model.apply(["delete table ip kubesteer"]);
    const report = await dataplane.sync(makeDesiredState(services), {
      kind: "partial",
      services: names([service(2)]),
    });
    await dataplane.sync(makeDesiredState([service(2)]), { kind: "partial", services: names([service(1)]) });
    assert.deepEqual(report.rejected, []);
    assert.deepEqual(addresses(), ["10.96.0.2"]);
  });

  it("is noticed by a partial sync without Services, which otherwise writes nothing", async () => {
    const { dataplane, addresses, model } = start();
    const state = makeDesiredState([service(1)]);
    await dataplane.sync(state, { kind: "full" });
    const committed = model.committed.length;
    assert.equal((await dataplane.sync(state, { kind: "partial", services: new Set() })).changes, 0);
    assert.equal(model.committed.length, committed);
    model.apply(["delete table ip kubesteer"]);
    assert.ok((await dataplane.sync(state, { kind: "partial", services: new Set() })).changes > 0);
    assert.deepEqual(addresses(), ["10.96.0.1"]);
  });

  it("is reprogrammed when an element that has to go is gone already", async () => {
    const { dataplane, addresses, model } = start();
    await dataplane.sync(makeDesiredState([service(1), service(2)]), { kind: "full" });
    model.apply(["delete element ip kubesteer svc { 10.96.0.2 . tcp . 80 }"]);
    const report = await dataplane.sync(makeDesiredState([service(1)]), {
      kind: "partial",
      services: names([service(2)]),
    });
    assert.deepEqual(report.rejected, []);
    assert.deepEqual(addresses(), ["10.96.0.1"]);
  });

  it("makes the next sync a full one when a sync fails", async () => {
    const { dataplane, addresses, model } = start();
    await dataplane.sync(makeDesiredState([service(1)]), { kind: "full" });
    model.poison = "add";
    const services = [service(1), service(2)];
    await assert.rejects(dataplane.sync(makeDesiredState(services), { kind: "full" }));
    model.poison = undefined;
    await dataplane.sync(makeDesiredState(services), { kind: "partial", services: new Set() });
    assert.deepEqual(addresses(), ["10.96.0.1", "10.96.0.2"]);
  });
});

describe("an address family", () => {
  const ipv6 = makeDesiredService("ns/six", [
    { frontends: [makeFrontend("[fd96::1]:80")], clusterEndpoints: [makeEndpoint("[fd44::2]:80")] },
  ]);
  const node = { ipv4: makeNodeFamily(), ipv6: makeNodeFamily() };

  it("that the cluster does not use gets no table until a Service needs it", async () => {
    const { dataplane, model } = start();
    await dataplane.sync(makeDesiredState([service(1)], node), { kind: "full" });
    assert.deepEqual(Object.keys(model.snapshot()), ["ip kubesteer"]);
    await dataplane.sync(makeDesiredState([service(1), ipv6], node), {
      kind: "partial",
      services: names([ipv6]),
    });
    assert.deepEqual([...model.elements("ip6 kubesteer", "svc").keys()], ["fd96::1 . tcp . 80"]);
    await dataplane.sync(makeDesiredState([service(1)], node), { kind: "partial", services: names([ipv6]) });
    assert.deepEqual([...model.elements("ip6 kubesteer", "svc").keys()], []);
  });
});
