import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../../platform/errors.ts";

/** A number that the kernel shows as a file. */
export interface KernelSetting {
  /** Relative to the root directory, as `proc/sys/net/ipv4/ip_forward`. */
  readonly file: string;
  readonly value: number;
  /** A greater value in the kernel is left as it is. */
  readonly onlyRaise: boolean;
}

/** A setting that does not have the value it should have. */
export interface RefusedSetting {
  readonly file: string;
  readonly value: number;
  /** One sentence. */
  readonly reason: string;
}

/**
 * Writes those settings that differ, of the network namespace of this process. What cannot be written is returned:
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
