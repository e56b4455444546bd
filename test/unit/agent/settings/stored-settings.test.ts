import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  parseStoredSettings,
  renderStoredSettings,
  StoredSettings,
} from "../../../../agent/settings/stored-settings.ts";
import type { NodeProxySpec } from "../../../../crds/api.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const settings = makeNodeProxySpec({ revision: "r1" });

function open(directory: string): StoredSettings {
  return new StoredSettings({ directory, log: silentLogger });
}

async function store(stored: StoredSettings, what = settings): Promise<void> {
  stored.store(what);
  await stored.settled();
}

describe("stored settings", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "kubesteer-settings-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("what was written is read, also into a directory that does not exist yet", async () => {
    const stored = open(join(directory, "run"));
    await store(stored);
    assert.deepEqual(await stored.read(), settings);
  });

  it("nothing stored is no error", async () => {
    assert.equal(await open(directory).read(), undefined);
  });

  it("a write replaces the file and leaves no other behind", async () => {
    const stored = open(directory);
    await store(stored);
    await store(stored, makeNodeProxySpec({ revision: "r2" }));
    assert.equal((await stored.read())?.revision, "r2");
    assert.deepEqual(await readdir(directory), ["settings.json"]);
  });

  it("a torn file is of no use and the next write repairs it", async () => {
    const stored = open(directory);
    await store(stored);
    const file = join(directory, "settings.json");
    await writeFile(file, (await readFile(file, "utf8")).slice(0, 40));
    assert.equal(await stored.read(), undefined);
    await store(open(directory));
    assert.deepEqual(await stored.read(), settings);
  });

  it("settings that this version cannot use are of no use", async () => {
    const { drift: _drift, ...config } = settings.config;
    await writeFile(
      join(directory, "settings.json"),
      renderStoredSettings({ ...settings, config } as NodeProxySpec),
    );
    assert.equal(await open(directory).read(), undefined);
  });

  it("the newest of several settings is kept", async () => {
    const stored = open(directory);
    for (const revision of ["r2", "r3", "r4"]) stored.store(makeNodeProxySpec({ revision }));
    await stored.settled();
    assert.equal((await stored.read())?.revision, "r4");
  });

  it("a directory that cannot be made does no harm", async () => {
    await writeFile(join(directory, "file"), "");
    await store(open(join(directory, "file", "run")));
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
