import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createRunner } from "../../../../../agent/dataplane/runner.ts";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import { retirementMs } from "../../../../../agent/dataplane/nftables/retirement.ts";
import type { DesiredService, ServiceName } from "../../../../../agent/services/desired-state.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { arbitraryDesiredService } from "../../../../support/arbitrary-desired-service.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import {
  makeDesiredNode,
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
  makeNodeFamily,
} from "../../../../support/make-desired-state.ts";
import { NftModel } from "../../../../support/nft-model.ts";

const at = (name: string, ...frontends: readonly string[]): DesiredService =>
  makeDesiredService(name, [{ frontends: frontends.map((frontend) => makeFrontend(frontend)) }]);

const web = at("ns/web", "10.96.0.1:80", "10.96.0.1:443");
const api = at("ns/api", "10.96.0.2:80");

function start() {
  const model = new NftModel();
  const clock = new FakeClock();
  const runner = createRunner(createNftablesDataplane, {
    commands: new FakeCommandRunner(model.commands),
    log: silentLogger,
    clock,
  });
  const keys = (container: string): readonly string[] =>
    [...model.elements("ip kubesteer", container).keys()].toSorted();
  return { model, clock, runner, passing: () => keys("elsewhere"), frontends: () => keys("svc") };
}

const partial = (...services: readonly DesiredService[]) =>
  ({ kind: "partial", services: new Set(services.map(({ name }) => name)) }) as const;

describe("Services that another mode serves", () => {
  const node = makeDesiredNode();

  it("have their addresses in the table and nothing else", async () => {
    const { runner, passing, frontends } = start();
    await runner.sync(makeDesiredState([api], node, [web]), { kind: "full" });
    assert.deepEqual([passing(), frontends()], [["10.96.0.1"], ["10.96.0.2 . tcp . 80"]]);
  });

  it("leave and come back in one transaction each", async () => {
    const { runner, model, passing, frontends } = start();
    await runner.sync(makeDesiredState([api, web], node), { kind: "full" });
    const before = model.committed.length;
    await runner.sync(makeDesiredState([api], node, [web]), partial(web));
    assert.deepEqual([passing(), frontends()], [["10.96.0.1"], ["10.96.0.2 . tcp . 80"]]);
    assert.equal(model.committed.length, before + 1);
    await runner.sync(makeDesiredState([api, web], node), partial(web));
    assert.deepEqual([passing(), frontends().length], [[], 3]);
  });

  it("cost no transaction when only their endpoints change", async () => {
    const { runner, model } = start();
    await runner.sync(makeDesiredState([api], node, [web]), { kind: "full" });
    const before = model.committed.length;
    const changed = makeDesiredService("ns/web", [{ ...web.ports[0], clusterEndpoints: [] }]);
    const { changes } = await runner.sync(makeDesiredState([api], node, [changed]), partial(changed));
    assert.deepEqual([changes, model.committed.length], [0, before]);
  });

  it("give up addresses that another Service takes over here", async () => {
    const { runner, passing, frontends } = start();
    await runner.sync(makeDesiredState([], node, [web]), { kind: "full" });
    const taken = at("ns/new", "10.96.0.1:80");
    await runner.sync(makeDesiredState([taken], node), partial(web, taken));
    assert.deepEqual([passing(), frontends()], [[], ["10.96.0.1 . tcp . 80"]]);
  });

  it("pass from the first step of a cold start on", async () => {
    const { runner, model } = start();
    const endpoints = Array.from({ length: 5_000 }, (_, index) =>
      makeEndpoint(`10.244.${index >> 8}.${index & 255}:80`),
    );
    const services = [1, 2, 3].map((number) =>
      makeDesiredService(`ns/s${number}`, [
        { frontends: [makeFrontend(`10.96.1.${number}:80`)], clusterEndpoints: endpoints },
      ]),
    );
    await runner.sync(makeDesiredState(services, node, [web]), { kind: "full" });
    const rules = model.committed.findIndex((commands) =>
      commands.some((text) => text.includes("@elsewhere")),
    );
    const addresses = model.committed.findIndex((commands) =>
      commands.some((text) => text.startsWith("add element ip kubesteer elsewhere")),
    );
    assert.equal(addresses, rules);
    assert.ok(model.committed.length > addresses + 1);
  });

  it("get a table in a family that no Service of this mode uses", async () => {
    const { runner, model, passing } = start();
    const empty = { ipv4: makeNodeFamily(), ipv6: makeNodeFamily() };
    await runner.sync(makeDesiredState([], empty), { kind: "full" });
    assert.deepEqual(Object.keys(model.snapshot()), []);
    const { scope } = await runner.sync(makeDesiredState([], empty, [web]), partial(web));
    assert.deepEqual([scope, passing()], ["full", ["10.96.0.1"]]);
  });

  it("leave the table as a fresh full sync would, wherever they moved before", async () => {
    const numbers = [1, 2, 3];
    const change = fc.tuple(
      fc.constantFrom(...numbers).chain(arbitraryDesiredService),
      fc.constantFrom("here", "elsewhere", "gone"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 5 }),
        async (syncs) => {
          const { runner, model, clock } = start();
          const places = {
            here: new Map<ServiceName, DesiredService>(),
            elsewhere: new Map<ServiceName, DesiredService>(),
          };
          const state = () =>
            makeDesiredState([...places.here.values()], node, [...places.elsewhere.values()]);
          await runner.sync(state(), { kind: "full" });
          for (const changes of syncs) {
            for (const [service, place] of changes) {
              places.here.delete(service.name);
              places.elsewhere.delete(service.name);
              if (place === "here" || place === "elsewhere") places[place].set(service.name, service);
            }
            const report = await runner.sync(state(), partial(...changes.map(([service]) => service)));
            assert.deepEqual(report.rejected, []);
          }
          await clock.advance(retirementMs);
          const fresh = start();
          await fresh.runner.sync(state(), { kind: "full" });
          assert.deepEqual(model.snapshot({ without: ["rev"] }), fresh.model.snapshot({ without: ["rev"] }));
        },
      ),
      { numRuns: 60 },
    );
  }).timeout(60_000);
});
