import { readFileSync } from "node:fs";

/** Command lines of a process and of its parent, each undefined when it cannot be read. */
export interface ProcessOrigin {
  readonly command: string | undefined;
  readonly startedBy: string | undefined;
}

/**
 * Reads a process at once, while it exists: the commands of interest live for a millisecond.
 *
 * @param name its name in the kernel's message; a different name means a different process, as in a container with its own numbers
 * @param proc where the proc file system is
 */
export function readProcess(processId: number, name: string, proc = "/proc"): ProcessOrigin {
  const folder = `${proc}/${processId}`;
  if (readOrNothing(`${folder}/comm`) !== `${name}\n`) return { command: undefined, startedBy: undefined };
  const [, parent] = /^PPid:\s*([1-9]\d*)$/m.exec(readOrNothing(`${folder}/status`)) ?? [];
  return {
    command: readCommand(folder),
    startedBy: parent === undefined ? undefined : readCommand(`${proc}/${parent}`),
  };
}

/** A process that has ended but was not waited for has none. */
function readCommand(folder: string): string | undefined {
  const command = readOrNothing(`${folder}/cmdline`).replaceAll("\0", " ").trim();
  return command === "" ? undefined : command;
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
