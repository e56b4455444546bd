import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { scenarioGroups } from "../scenarios/all-scenarios.ts";
import { skipBecause } from "../support/skip.ts";
import { GoldenFolder } from "./golden-folder.ts";
import { renderScenario, type RenderedStep } from "./render-scenario.ts";

const scenarios = Object.values(scenarioGroups).flat();
const families = ["ip", "ip6"] as const;

/** nft in network and user namespaces of its own: needs no root and touches nothing. */
const isolatedNft = ["--user", "--map-root-user", "--net", "nft"] as const;

describe("nftables goldens", function () {
  this.timeout(20_000);
  const folder = fileURLToPath(new URL("nftables", import.meta.url));

  describe("what each scenario sends to nft for its Services", () => {
    const goldens = new GoldenFolder({ folder, extension: ".nft" });
    for (const scenario of scenarios) {
      it(scenario.name, () => {
        const steps = renderScenario(scenario);
        goldens.compare(scenario.name, [`# ${scenario.name}`, ...steps.flatMap(servicesText), ""].join("\n"));
      });
    }
    it("there are no others", () => goldens.refuseLeftovers());
  });

  describe("the empty table, by what the node knows", () => {
    const goldens = new GoldenFolder({ folder: `${folder}/base`, extension: ".nft" });
    for (const [facts, text] of distinctBases()) it(facts, () => goldens.compare(facts, text));
    it("there are no others", () => goldens.refuseLeftovers());
  });

  describe("nft takes every transaction, one after the other", () => {
    before(async function () {
      const { exitCode, stderr } = await execa("unshare", [...isolatedNft, "list", "ruleset"], { reject: false });
      if (exitCode !== 0) skipBecause(this, `nft does not run in a user namespace here: ${stderr}`);
    });

    for (const scenario of scenarios) {
      it(scenario.name, async () => {
        const transactions = renderScenario(scenario).flatMap(transactionsOf);
        const input = transactions.map((commands) => `${commands.join("; ")}\n`).join("");
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

function servicesText({ name, services }: RenderedStep): readonly string[] {
  const heading = name === undefined ? [] : ["", `# ${name}`];
  return [...heading, ...families.flatMap((family) => services[family])];
}

/** By what the node knows. */
function distinctBases(): ReadonlyMap<string, string> {
  const bases = scenarios.flatMap(renderScenario).flatMap(({ base }) => base ?? []);
  return new Map(bases.map((base) => [base.facts, [...base.ip, ...base.ip6, ""].join("\n")]));
}

/** A step in which the node's facts change begins with a new table. */
function transactionsOf({ base, services }: RenderedStep): readonly (readonly string[])[] {
  return families.flatMap((family) => [
    ...(base === undefined
      ? []
      : [[`add table ${family} kubesteer`, `delete table ${family} kubesteer`, ...base[family]]]),
    ...(services[family].length === 0 ? [] : [services[family]]),
  ]);
}
