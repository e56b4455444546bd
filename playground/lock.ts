import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Another process runs the same playground. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
  readonly pid: number;

  constructor(pid: number, lockFile: string) {
    super(`it is already running as process ${pid} (${lockFile}); stop that process first: kill ${pid}`);
    this.pid = pid;
  }
}

/**
 * Acquires `lockFile` for this process. If the holder has ended, waits for its janitor, which releases the lock after cleaning
 * up, and takes the lock after `patienceMs`. Resolves to the function that releases the lock.
 * @throws AlreadyRunningError if a running process holds it.
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

/** NaN if the lock has just been released, or contains no number. */
function readHolder(lockFile: string): number {
  try {
    return Number.parseInt(readFileSync(lockFile, "utf8"), 10);
  } catch {
    return Number.NaN;
  }
}

/** Whether `pid` is running and can be one of our programs, because the kernel reuses pids after a crash. */
function isNodeProcess(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("node");
  } catch {
    return false;
  }
}
