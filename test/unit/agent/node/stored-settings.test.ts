import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  parseStoredSettings,
  renderStoredSettings,
  StoredSettings,
} from "../../../../agent/node/stored-settings.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const settings = makeNodeProxySpec({ revision: "r1" });

describe("stored settings", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "kubesteer-settings-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("what was written is read, also into a directory that does not exist yet", async () => {
    const stored = new StoredSettings(join(directory, "run"));
    await stored.write(settings);
    assert.deepEqual(await stored.read(), settings);
  });

  it("nothing stored is no error", async () => {
    assert.equal(await new StoredSettings(directory).read(), undefined);
  });

  it("a write replaces the file and leaves no other behind", async () => {
    const stored = new StoredSettings(directory);
    await stored.write(settings);
    await stored.write(makeNodeProxySpec({ revision: "r2" }));
    assert.equal((await stored.read())?.revision, "r2");
    assert.deepEqual(await readdir(directory), ["settings.json"]);
  });

  it("a torn file is an error and the next write repairs it", async () => {
    const stored = new StoredSettings(directory);
    await stored.write(settings);
    const file = join(directory, "settings.json");
    await writeFile(file, (await readFile(file, "utf8")).slice(0, 40));
    await assert.rejects(stored.read(), /not whole/);
    await stored.write(settings);
    assert.deepEqual(await stored.read(), settings);
  });

  const whole = renderStoredSettings(settings);
  const damaged: readonly (readonly [string, string, RegExp])[] = [
    ["an empty file is not whole", "", /not whole/],
    ["a changed value does not match the checksum", whole.replace("r1", "r9"), /checksum/],
    ["a checksum must be there", JSON.stringify({ version: 1, settings }), /checksum/],
    [
      "another format version is refused by its number",
      whole.replace('"version":1', '"version":2'),
      /version 2/,
    ],
    ["other JSON has no version", "[]", /no version/],
    ["null has no version", "null", /no version/],
  ];
  for (const [name, text, message] of damaged) {
    it(name, () => assert.throws(() => parseStoredSettings(text), message));
  }
});
