import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Somebody else runs the same playground. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
  readonly pid: number;

  constructor(pid: number, lockFile: string) {
    super(`it is already running as process ${pid} (${lockFile}); stop that one first: kill ${pid}`);
    this.pid = pid;
  }
}

/**
 * Takes `lockFile` for this process. The lock of a process that has gone is waited for, because its janitor gives it back
 * when it has cleaned up, and taken over after `patienceMs`. Resolves to the function that gives the lock back.
 * @throws AlreadyRunningError when a living process holds it.
 */
export async function takeLock(
  lockFile: string,
  { patienceMs = 5_000 }: { readonly patienceMs?: number } = {},
): Promise<() => void> {
  mkdirSync(path.dirname(lockFile), { recursive: true });
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      writeFileSync(lockFile, `${process.pid}\n`, { flag: "wx" });
      return () => rmSync(lockFile, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(lockFile);
    if (holder !== process.pid && isNodeProcess(holder)) throw new AlreadyRunningError(holder, lockFile);
    if (performance.now() >= deadline) rmSync(lockFile, { force: true });
    else await delay(50);
  }
}

/** NaN when the lock has just been given back, or holds no number. */
function readHolder(lockFile: string): number {
  try {
    return Number.parseInt(readFileSync(lockFile, "utf8"), 10);
  } catch {
    return Number.NaN;
  }
}

/** Whether `pid` lives and can be one of our programs: a pid is used again after a crash. */
function isNodeProcess(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("node");
  } catch {
    return false;
  }
}
