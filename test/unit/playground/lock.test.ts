import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AlreadyRunningError, takeLock } from "../../../playground/lock.ts";

describe("takeLock", () => {
  let folder: string;
  let lockFile: string;
  const started: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "kubesteer-lock-"));
    lockFile = path.join(folder, "new", "lock");
  });

  afterEach(async () => {
    for (const child of started.splice(0)) {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    }
    rmSync(folder, { recursive: true });
  });

  /** A lock that a process has left behind or still holds. */
  function lockOf(holder: string): void {
    mkdirSync(path.dirname(lockFile));
    writeFileSync(lockFile, holder);
  }

  /** Resolves when the program runs: until then, its command line is still ours. */
  async function start(command: string, args: readonly string[]): Promise<number> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    started.push(child);
    await once(child.stdout, "data");
    assert.ok(child.pid !== undefined);
    return child.pid;
  }

  it("creates the folder and writes the process id", async () => {
    await takeLock(lockFile);
    assert.equal(readFileSync(lockFile, "utf8"), `${process.pid}\n`);
  });

  it("releases the lock; a second release has no effect", async () => {
    const release = await takeLock(lockFile);
    release();
    assert.equal(existsSync(lockFile), false);
    release();
  });

  it("rejects a lock that a running Node.js process holds, and reports the process", async () => {
    const pid = await start(process.execPath, ["--eval", "console.log(1); setInterval(() => {}, 1000)"]);
    lockOf(`${pid}\n`);
    await assert.rejects(
      takeLock(lockFile),
      (error) =>
        error instanceof AlreadyRunningError &&
        error.pid === pid &&
        error.message ===
          `it is already running as process ${pid} (${lockFile}); stop that process first: kill ${pid}`,
    );
    assert.equal(readFileSync(lockFile, "utf8"), `${pid}\n`);
  });

  it("takes the lock of a process that has ended, after waiting for its janitor", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    lockOf(`${pid}\n`);
    await takeLock(lockFile, { patienceMs: 0 });
    assert.equal(readFileSync(lockFile, "utf8"), `${process.pid}\n`);
  });

  it("takes a lock that is released while it waits", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    lockOf(`${pid}\n`);
    const taking = takeLock(lockFile, { patienceMs: 60_000 });
    rmSync(lockFile);
    await taking;
    assert.equal(readFileSync(lockFile, "utf8"), `${process.pid}\n`);
  });

  it("takes a lock whose process id now belongs to another program", async () => {
    lockOf(`${await start("sh", ["-c", "echo 1; read line"])}\n`);
    await takeLock(lockFile, { patienceMs: 0 });
    assert.equal(readFileSync(lockFile, "utf8"), `${process.pid}\n`);
  });

  for (const text of ["", "not a number\n", "-1\n", "0\n"]) {
    it(`takes a lock that contains ${JSON.stringify(text)}`, async () => {
      lockOf(text);
      await takeLock(lockFile, { patienceMs: 0 });
      assert.equal(readFileSync(lockFile, "utf8"), `${process.pid}\n`);
    });
  }
});
