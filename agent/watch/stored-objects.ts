import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage, isMissingFile } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import type { CatalogObjects } from "../services/catalog/catalog-objects.ts";
import { parseStoredObjects, renderStoredObjects, type StoredSnapshot } from "./stored-objects-format.ts";

/** Changes within this time are stored together. */
const storePeriodMs = 10_000;

/** Limits the share of time spent on storing. It takes a third of a second for 10,000 Services of 10 endpoints. */
const mostBusyShare = 1 / 100;

export interface StoredObjectsDeps {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The last known objects of the cluster, kept in a file so that a node without rules can serve while the API server is away.
 * The file is replaced as a whole: a reader finds the old or the new objects. It is compressed, and gzip's
 * checksum detects a torn or damaged file.
 */
export class StoredObjects {
  readonly #deps: StoredObjectsDeps;
  readonly #file: string;
  #changed = false;

  constructor(deps: StoredObjectsDeps) {
    this.#deps = deps;
    this.#file = join(deps.directory, "objects.jsonl.gz");
  }

  /** undefined when nothing usable is stored. */
  async read(): Promise<StoredSnapshot | undefined> {
    try {
      return await readSnapshot(this.#file);
    } catch (error) {
      if (!isMissingFile(error)) {
        this.#deps.log.warn(
          { file: this.#file, reason: errorMessage(error) },
          "stored objects are of no use",
        );
      }
      return undefined;
    }
  }

  /** Marks the stored objects as out of date. Costs nothing. */
  noteChange(): void {
    this.#changed = true;
  }

  /**
   * Stores what has changed every ten seconds, less often if storing takes long, and once more when `signal` aborts. Resolves then; never rejects.
   * @param collect the objects to store; undefined while they are not complete
   */
  async run(collect: () => CatalogObjects | undefined, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let pauseMs = storePeriodMs;
    while (!signal.aborted) {
      await clock.sleep(pauseMs, signal);
      const objects = this.#changed ? collect() : undefined;
      const startMs = clock.monotonicMs();
      if (objects !== undefined) await this.#store(objects);
      pauseMs = Math.max(storePeriodMs, (clock.monotonicMs() - startMs) / mostBusyShare);
    }
  }

  async #store(objects: CatalogObjects): Promise<void> {
    const { directory, clock, log } = this.#deps;
    this.#changed = false;
    const startMs = clock.monotonicMs();
    const temporary = `${this.#file}.${process.pid}`;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await pipeline(
        Readable.from(unhurried(renderStoredObjects(objects, clock.now()))),
        createGzip({ level: 1 }),
        createWriteStream(temporary, { mode: 0o600, flush: true }),
      );
      await rename(temporary, this.#file);
      log.debug({ file: this.#file, elapsedMs: clock.monotonicMs() - startMs }, "stored the objects");
    } catch (error) {
      this.#changed = true;
      log.warn({ file: this.#file, reason: errorMessage(error) }, "objects could not be stored");
    }
  }
}

async function readSnapshot(file: string): Promise<StoredSnapshot> {
  const text = createGunzip().setEncoding("utf8");
  const [snapshot] = await Promise.all([
    parseStoredObjects(linesOf(text)),
    pipeline(createReadStream(file), text),
  ]);
  return snapshot;
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Yields to the event loop between two chunks. */
async function* unhurried(chunks: Iterable<string>): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    await setImmediate();
  }
}
