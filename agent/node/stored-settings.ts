import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { NodeProxySpec } from "../../crds/api.ts";

const formatVersion = 1;

/**
 * The last settings that proved good, kept in a file so that an agent which starts while the API server is away knows
 * what its node should run. The file is replaced as a whole: a reader finds the old or the new settings.
 */
export class StoredSettings {
  readonly #directory: string;
  readonly #file: string;

  constructor(stateDirectory: string) {
    this.#directory = stateDirectory;
    this.#file = join(stateDirectory, "settings.json");
  }

  /**
   * undefined when nothing was stored.
   *
   * @throws when the file cannot be read or is damaged; it is of no use then, and the next {@link write} replaces it
   */
  async read(): Promise<NodeProxySpec | undefined> {
    let text: string;
    try {
      text = await readFile(this.#file, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    return parseStoredSettings(text);
  }

  async write(settings: NodeProxySpec): Promise<void> {
    const temporary = `${this.#file}.${process.pid}`;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const handle = await open(temporary, "w", 0o600);
    try {
      await handle.writeFile(renderStoredSettings(settings));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.#file);
  }
}

/** The stored form: JSON with a version of the format and a checksum over the settings. */
export function renderStoredSettings(settings: NodeProxySpec): string {
  return JSON.stringify({ version: formatVersion, checksum: checksum(settings), settings });
}

/** @throws when the text is torn, changed, or written by a version of the agent with another format */
export function parseStoredSettings(text: string): NodeProxySpec {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch (error) {
    throw new Error("stored settings are not whole", { cause: error });
  }
  if (typeof stored !== "object" || stored === null || !("version" in stored) || !("settings" in stored)) {
    throw new Error("stored settings have no version");
  }
  if (stored.version !== formatVersion) {
    throw new Error(`stored settings have format version ${String(stored.version)}, not ${formatVersion}`);
  }
  if (!("checksum" in stored) || stored.checksum !== checksum(stored.settings)) {
    throw new Error("stored settings do not match their checksum");
  }
  return stored.settings as NodeProxySpec;
}

function checksum(settings: unknown): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(settings)).digest("hex")}`;
}
