import assert from "node:assert/strict";
import { createRunner } from "../../../../../agent/dataplane/runner.ts";
import { createNftablesDataplane } from "../../../../../agent/dataplane/nftables/index.ts";
import { systemClock } from "../../../../../platform/async/clock.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";
import {
  makeDesiredService,
  makeDesiredState,
  makeEndpoint,
  makeFrontend,
} from "../../../../support/make-desired-state.ts";
import { NftModel } from "../../../../support/nft-model.ts";

const service = (number: number) => {
  const subnet = `${number >> 8}.${number & 255}`;
  return makeDesiredService(`ns/s${number}`, [
    {
      frontends: [makeFrontend(`10.96.${subnet}:80`)],
      clusterEndpoints: [2, 3, 4].map((host) => makeEndpoint(`10.${host}.${subnet}:80`)),
    },
  ]);
};

/** Chains, rules and elements that this many Services with three endpoints make. */
async function sizeOf(count: number) {
  const model = new NftModel();
  const dataplane = createRunner(createNftablesDataplane, {
    commands: new FakeCommandRunner(model.commands),
    log: silentLogger,
    clock: systemClock,
  });
  const services = Array.from({ length: count }, (_, index) => service(index + 1));
  await dataplane.sync(makeDesiredState(services), { kind: "full" });
  return model.count("ip kubesteer");
}

describe("size of the nftables table", () => {
  for (const count of [1, 10, 1000]) {
    it(`is the same 13 chains and 26 rules for ${count} Services, and 5 elements for each`, async () => {
      const { chains, rules, elements } = await sizeOf(count);
      const constantElements = 2; // The service range and the revision.
      assert.deepEqual(
        { chains, rules, elements },
        { chains: 13, rules: 26, elements: constantElements + 5 * count },
      );
    });
  }
});
