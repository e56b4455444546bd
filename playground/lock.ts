import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

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
 * Takes `lockFile` for this process; a lock whose process has gone is taken over.
 * Returns the function that gives it back.
 * @throws AlreadyRunningError when a living process holds it.
 */
export function takeLock(lockFile: string): () => void {
  mkdirSync(path.dirname(lockFile), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lockFile, `${process.pid}\n`, { flag: "wx" });
      return () => rmSync(lockFile, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(readFileSync(lockFile, "utf8"));
    if (holder !== process.pid && isNodeProcess(holder)) throw new AlreadyRunningError(holder, lockFile);
    rmSync(lockFile, { force: true });
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
