import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeProxySpec } from "../../crds/api.ts";
import { errorMessage, isMissingFile } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import { findSettingsProblem } from "./parse-node-proxy.ts";

const formatVersion = 1;

/**
 * The last proven settings, kept in a file so that an agent that starts while the API server is away knows what its node
 * should run. The file is replaced as a whole: a reader finds the old or the new settings.
 */
export class StoredSettings {
  readonly #directory: string;
  readonly #file: string;
  readonly #log: Logger;
  #writing: Promise<void> = Promise.resolve();

  constructor({ directory, log }: { readonly directory: string; readonly log: Logger }) {
    this.#directory = directory;
    this.#file = join(directory, "settings.json");
    this.#log = log;
  }

  /** undefined when nothing was stored, or nothing that this version can use. */
  async read(): Promise<NodeProxySpec | undefined> {
    try {
      const settings = parseStoredSettings(await readFile(this.#file, "utf8"));
      const problem = findSettingsProblem(settings);
      if (problem !== undefined) throw new Error(problem);
      return settings;
    } catch (error) {
      if (!isMissingFile(error)) {
        this.#log.warn({ file: this.#file, reason: errorMessage(error) }, "stored settings cannot be used");
      }
      return undefined;
    }
  }

  /** Starts to store settings. A failure is logged. */
  store(settings: NodeProxySpec): void {
    this.#writing = this.#writing.then(() => this.#write(settings));
  }

  /** Resolves when all settings to be stored are written or given up. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(settings: NodeProxySpec): Promise<void> {
    const temporary = `${this.#file}.${process.pid}`;
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(temporary, renderStoredSettings(settings), { mode: 0o600, flush: true });
      await rename(temporary, this.#file);
    } catch (error) {
      this.#log.warn({ file: this.#file, reason: errorMessage(error) }, "settings could not be stored");
    }
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
