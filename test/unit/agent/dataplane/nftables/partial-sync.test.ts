import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import type { DesiredService, ServiceName } from "../../../../../agent/services/desired-state.ts";
import { createRunner } from "../../../../../agent/dataplane/runner.ts";
import { retirementMs } from "../../../../../agent/dataplane/nftables/retirement.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { arbitraryDesiredService } from "../../../../support/arbitrary-desired-service.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import { makeDesiredState, parseServiceName } from "../../../../support/make-desired-state.ts";
import { NftModel } from "../../../../support/nft-model.ts";

const numbers = [1, 2, 3, 4];

/** What happens to one Service between two syncs; undefined is its deletion. */
interface Change {
  readonly name: ServiceName;
  readonly service: DesiredService | undefined;
}

const change: fc.Arbitrary<Change> = fc.constantFrom(...numbers).chain((number) =>
  fc.option(arbitraryDesiredService(number), { nil: undefined, freq: 4 }).map((service) => ({
    name: parseServiceName(`ns/s${number}`),
    service,
  })),
);

const sequences = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });

function startDataplane() {
  const model = new NftModel();
  const commands = new FakeCommandRunner(model.commands);
  const clock = new FakeClock();
  return {
    model,
    commands,
    clock,
    dataplane: createRunner(createNftablesDataplane, { commands, log: silentLogger, clock }),
  };
}

describe("partial syncs of the nftables mode", () => {
  it("leave the kernel exactly as a fresh full sync would, whatever happened before", async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (syncs) => {
        const { model, clock, dataplane } = startDataplane();
        await dataplane.sync(makeDesiredState([]), { kind: "full" });
        const services = new Map<ServiceName, DesiredService>();
        for (const changes of syncs) {
          for (const { name, service } of changes) {
            if (service === undefined) services.delete(name);
            else services.set(name, service);
          }
          const names = new Set(changes.map(({ name }) => name));
          const report = await dataplane.sync(makeDesiredState([...services.values()]), {
            kind: "partial",
            services: names,
          });
          assert.deepEqual(report.rejected, []);
        }
        await clock.advance(retirementMs);
        assert.deepEqual(model.refused, []);

        const fresh = startDataplane();
        await fresh.dataplane.sync(makeDesiredState([...services.values()]), { kind: "full" });
        assert.deepEqual(model.snapshot({ without: ["rev"] }), fresh.model.snapshot({ without: ["rev"] }));
      }),
      { numRuns: 60 },
    );
  }).timeout(60_000);

  it("start no process, list nothing and touch only families that change", async () => {
    const { model, commands, dataplane } = startDataplane();
    const [before] = fc.sample(arbitraryDesiredService(1), { numRuns: 1, seed: 7 });
    assert.ok(before);
    const ipv4 = {
      ...before,
      ports: before.ports.map((port) => ({ ...port, affinityTimeoutSeconds: undefined })),
    };
    await dataplane.sync(makeDesiredState([ipv4]), { kind: "full" });
    const calls = commands.calls.length;
    const committed = model.committed.length;
    await dataplane.sync(makeDesiredState([]), { kind: "partial", services: new Set([ipv4.name]) });
    assert.equal(commands.calls.length, calls);
    assert.equal(commands.sessions.length, 1);
    assert.equal(model.committed.length - committed, new Set(ipv4.ports.map(({ family }) => family)).size);
  });
});
