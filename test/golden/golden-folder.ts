import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { updatesGoldens } from "./options.ts";

/** Texts that are kept beside the tests and reviewed like code, one file for each. */
export class GoldenFolder {
  readonly #folder: string;
  readonly #extension: string;
  readonly #expected = new Set<string>();

  constructor({ folder, extension }: { readonly folder: string; readonly extension: string }) {
    this.#folder = folder;
    this.#extension = extension;
  }

  /** Fails when the file does not hold `text`. With UPDATE_GOLDENS=1 writes it. */
  compare(name: string, text: string): void {
    const file = goldenFileName(name, this.#extension);
    assert.ok(!this.#expected.has(file), `two goldens would have the file ${file}`);
    this.#expected.add(file);
    if (updatesGoldens()) {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(path.join(this.#folder, file), text);
      return;
    }
    assert.equal(text, this.#read(file), `${file} differs; if that is right: UPDATE_GOLDENS=1 npx mocha test/golden`);
  }

  /** Fails when there is a file that nothing was compared with. With UPDATE_GOLDENS=1 removes it. */
  refuseLeftovers(): void {
    const files = readdirSync(this.#folder).filter((file) => file.endsWith(this.#extension));
    const leftovers = files.filter((file) => !this.#expected.has(file));
    if (updatesGoldens()) for (const file of leftovers) rmSync(path.join(this.#folder, file));
    else assert.deepEqual(leftovers, []);
  }

  #read(file: string): string {
    try {
      return readFileSync(path.join(this.#folder, file), "utf8");
    } catch {
      return "";
    }
  }
}

/** The file that a golden of this name has, in its folder. */
export function goldenFileName(name: string, extension: string): string {
  return `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}${extension}`;
}
