import { readdirSync, readFileSync } from "node:fs";

/** Linux reports CPU time to user space in hundredths of a second, regardless of the kernel's own tick. */
const ticksPerSecond = 100;

export interface MemoryUsage {
  readonly rssMebibytes: number;
  /** Since the process started. */
  readonly peakRssMebibytes: number;
}

/** @throws Error if the process has ended */
export function readMemory(pid: number): MemoryUsage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? NaN) / 1024;
  return { rssMebibytes: mebibytes("VmRSS"), peakRssMebibytes: mebibytes("VmHWM") };
}

/**
 * CPU seconds of a process, of its running children and of those that have ended, in hundredths.
 * @throws Error if the process has ended
 */
export function readCpuSeconds(pid: number): number {
  const fields = statFields(pid);
  const [user, system, childUser, childSystem] = [11, 12, 13, 14].map((index) => Number(fields[index]));
  const own = ((user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)) / ticksPerSecond;
  return childrenOf(pid).reduce((sum, child) => sum + readCpuSeconds(child), own);
}

/**
 * Exact CPU seconds of the threads of a process and of its children, without those that have ended. For short intervals.
 * @throws Error if the process has ended
 */
export function readRunningSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const own = threads.reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return sum + Number(nanoseconds) / 1e9;
  }, 0);
  return childrenOf(pid).reduce((sum, child) => sum + readRunningSeconds(child), own);
}

/** Running child processes of a process. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  });
}

/** Fields of /proc/PID/stat after the name, which may contain any character. The first field is the state. */
function statFields(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
