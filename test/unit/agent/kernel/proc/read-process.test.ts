import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProcess } from "../../../../../agent/kernel/proc/read-process.ts";

describe("read process", () => {
  let proc: string;

  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), "kubesteer-proc-"));
  });

  afterEach(() => rm(proc, { recursive: true }));

  async function addProcess(pid: number, comm: string, cmdline: string, parent: number): Promise<void> {
    const folder = join(proc, String(pid));
    await mkdir(folder);
    await writeFile(join(folder, "comm"), `${comm}\n`);
    await writeFile(join(folder, "cmdline"), cmdline);
    await writeFile(join(folder, "status"), `Name:\t${comm}\nPid:\t${pid}\nPPid:\t${parent}\n`);
  }

  it("returns a command and its parent's", async () => {
    await addProcess(7, "nft", "nft\0flush\0ruleset\0", 5);
    await addProcess(5, "sh", "sh\0./firewall.sh\0", 0);
    assert.deepEqual(readProcess(7, "nft", proc), {
      command: "nft flush ruleset",
      startedBy: "sh ./firewall.sh",
    });
  });

  it("returns the parent of a process that has ended but was not waited for", async () => {
    await addProcess(7, "nft", "", 5);
    await addProcess(5, "sh", "sh\0./firewall.sh\0", 0);
    assert.deepEqual(readProcess(7, "nft", proc), { command: undefined, startedBy: "sh ./firewall.sh" });
  });

  it("returns nothing for a process that is gone", () => {
    assert.deepEqual(readProcess(7, "nft", proc), { command: undefined, startedBy: undefined });
  });

  it("returns nothing for another process with the same number", async () => {
    await addProcess(7, "bash", "bash\0", 0);
    assert.deepEqual(readProcess(7, "nft", proc), { command: undefined, startedBy: undefined });
  });
});
