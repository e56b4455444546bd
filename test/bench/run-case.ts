import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { CaseDescription } from "./case/case-description.ts";
import { parseMessage, type CaseMessage } from "./case/messages.ts";

const program = join(import.meta.dirname, "case/main.ts");
const timeoutMs = 15 * 60_000;
const namespacePrefix = "ksbench";

/**
 * Runs a case in its own network namespace, which is removed afterwards with everything in it.
 * @throws Error if the case fails, with the end of its output
 */
export async function runCase(
  description: CaseDescription,
  onMessage: (message: CaseMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  const namespace = `${namespacePrefix}-${process.pid}`;
  await removeLeftNamespaces();
  await mkdir(description.folder, { recursive: true });
  await execa("ip", ["netns", "add", namespace]);
  try {
    const node = [process.execPath, program, JSON.stringify(description)];
    const running = execa(
      "setpriv",
      ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", namespace, ...node],
      { buffer: { stdout: false }, stdin: "ignore", reject: false, cancelSignal: signal, timeout: timeoutMs },
    );
    for await (const line of running.iterable()) onMessage(parseMessage(line));
    const { failed, stderr, timedOut } = await running;
    if (timedOut) throw new Error(`took longer than ${timeoutMs / 60_000} minutes`);
    if (failed) throw new Error(firstError(stderr));
  } finally {
    await execa("ip", ["netns", "delete", namespace], { reject: false });
  }
}

/** Removes namespaces of killed runs. */
async function removeLeftNamespaces(): Promise<void> {
  const namespaces = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  for (const namespace of namespaces) {
    const [, pid] = new RegExp(`^${namespacePrefix}-(\\d+)$`).exec(namespace) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await execa("ip", ["netns", "delete", namespace]);
  }
}

/** The message of an error that Node.js printed with its stack. */
function firstError(stderr: string): string {
  return /^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr.slice(-500);
}
