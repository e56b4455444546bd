import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../../platform/errors.ts";

/** A kernel parameter that is a number in a file. */
export interface KernelSetting {
  /** Relative to the root directory, as `proc/sys/net/ipv4/ip_forward`. */
  readonly file: string;
  readonly value: number;
  /** A greater value in the kernel is left as it is. */
  readonly onlyRaise: boolean;
}

/** A setting that differs from its wanted value. */
export interface RefusedSetting {
  readonly file: string;
  readonly value: number;
  /** One sentence. */
  readonly reason: string;
}

/**
 * Writes the settings that differ, in the network namespace of this process. Returns those that cannot be written:
 * containers often see these files read-only, and some of them belong to the first network namespace alone.
 *
 * @param root directory with `proc` and `sys`: not `/` in containers, which see their own read-only
 */
export async function applyKernelSettings(
  settings: readonly KernelSetting[],
  root: string,
): Promise<readonly RefusedSetting[]> {
  const refused: RefusedSetting[] = [];
  for (const { file, value, onlyRaise } of settings) {
    try {
      const path = join(root, file);
      const current = Number(await readFile(path, "utf8"));
      const isRight = onlyRaise ? current >= value : current === value;
      if (!isRight) await writeFile(path, String(value));
    } catch (error) {
      refused.push({ file, value, reason: errorMessage(error) });
    }
  }
  return refused;
}
