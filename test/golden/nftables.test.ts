import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { skipBecause } from "../support/skip.ts";
import { describeGoldens, goldenFolderOf, scenariosOf } from "./describe-goldens.ts";
import { GoldenFolder } from "./golden-folder.ts";
import { recordScenario } from "./record-nftables.ts";
import {
  baseFolder,
  describeFacts,
  nftExtension,
  recordBase,
  renderScenario,
  settingsOf,
} from "./render-nftables.ts";

const mode = "nftables";
const scenarios = scenariosOf(mode);

/** nft in network and user namespaces of its own: needs no root and touches nothing. */
const isolatedNft = ["--user", "--map-root-user", "--net", "nft"] as const;

describe("nftables goldens", function () {
  this.timeout(60_000);

  describeGoldens({ mode, extension: nftExtension, record: renderScenario });

  describe("the empty tables, by what the node knows", () => {
    const goldens = new GoldenFolder({
      folder: join(goldenFolderOf(mode), baseFolder),
      extension: nftExtension,
    });
    const settings = scenarios.flatMap(({ steps }) => steps.map(settingsOf));
    const byFacts = new Map(settings.map((state) => [describeFacts(state), state]));
    for (const [facts, state] of byFacts) {
      it(facts, async () => {
        const { commands } = await recordBase(state);
        goldens.compare(facts, [...commands.ip, ...commands.ip6, ""].join("\n"));
      });
    }
    it("there are no others", () => goldens.refuseLeftovers());
  });

  describe("nft takes every transaction, one after the other", () => {
    before(async function () {
      const { exitCode, stderr } = await execa("unshare", [...isolatedNft, "list", "ruleset"], { reject: false });
      if (exitCode !== 0) skipBecause(this, `nft does not run in a user namespace here: ${stderr}`);
    });

    for (const scenario of scenarios) {
      it(scenario.name, async () => {
        const transactions = (await recordScenario(scenario)).flatMap((step) => step.transactions);
        const input = transactions.map(({ commands }) => `${commands.join("; ")}\n`).join("");
        // Interactive nft would read and write a history file in the home directory.
        const { all } = await execa("unshare", [...isolatedNft, "-i"], {
          input,
          all: true,
          env: { HOME: "/nonexistent" },
        });
        assert.equal(all, "");
      });
    }
  });
});
