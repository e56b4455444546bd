import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInput } from "../../../../../agent/kernel/command/input-file.ts";

describe("input file", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "kubesteer-input-"));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it("holds the whole text, only for this user, and has no name", async () => {
    const text = "add table ip t\n".repeat(100_000);
    const file = await openInput(text, directory);
    const { mode } = await file.stat();
    assert.equal(mode & 0o777, 0o600);
    assert.equal(await file.readFile("utf8"), text);
    await file.close();
    assert.deepEqual(readdirSync(directory), []);
  });

  it("rejects where no file can be made", async () => {
    await assert.rejects(openInput("text", join(directory, "missing")), { code: "ENOENT" });
  });
});
