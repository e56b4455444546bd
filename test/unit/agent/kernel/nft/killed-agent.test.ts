import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createNftNamespace, type NftNamespace } from "../../../../support/nft-namespace.ts";

const program = join(import.meta.dirname, "../../../../support/killed-commit.ts");
const table = "kubesteer";

describe("an agent that is killed during a transaction", function () {
  this.timeout(60_000);
  let namespace: NftNamespace;
  /** Has an nft that is slow to begin. */
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "kubesteer-nft-"));
    const slowNft = `#!/bin/sh\nsleep 0.5\nPATH="${process.env["PATH"]}" exec nft "$@"\n`;
    writeFileSync(join(directory, "nft"), slowNft);
    chmodSync(join(directory, "nft"), 0o700);
  });

  after(() => rmSync(directory, { recursive: true }));

  beforeEach(function () {
    namespace = createNftNamespace(this);
    namespace.nft(
      `add table ip ${table}; add set ip ${table} rev { typeof meta mark; }; add set ip ${table} ports { typeof tcp dport; }`,
    );
  });

  afterEach(() => namespace.remove());

  /** How many ports are in the kernel when the program and the nft that it has left are gone. */
  async function countPortsAfter(count: number, width: number): Promise<number> {
    const args = [program, namespace.name, table, String(count), String(width)];
    const { signal } = spawnSync(process.execPath, args, {
      env: { ...process.env, PATH: `${directory}:${process.env["PATH"]}` },
    });
    assert.equal(signal, "SIGKILL");
    while (execFileSync("ip", ["netns", "pids", namespace.name], { encoding: "utf8" }) !== "") {
      await setTimeout(20);
    }
    const listing = namespace.nft("list", "set", "ip", table, "ports");
    return /elements = \{([^}]*)\}/.exec(listing)?.[1]?.split(",").length ?? 0;
  }

  const sizes = [
    { name: "a line that is as long as lines may be", count: 100, width: 320 },
    { name: "a text of 4 MB", count: 1_000, width: 4_000 },
  ];
  for (const { name, count, width } of sizes) {
    it(`has handed over the whole of ${name}`, async () => {
      assert.equal(await countPortsAfter(count, width), count);
    });
  }
});
