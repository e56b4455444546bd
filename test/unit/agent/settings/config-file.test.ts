import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeSettingsOf, readConfigFile } from "../../../../agent/settings/config-file.ts";
import { TerminalError } from "../../../../platform/errors.ts";
import { makeNodeProxyConfig } from "../../../support/make-objects.ts";

const header = "apiVersion: kubesteer.dev/v1alpha1\nkind: ProxyConfig\nmetadata: { name: file }\n";
const facts = { podCIDRs: ["10.1.0.0/24"], addresses: ["192.0.2.1"] };

describe("config file", () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "kubesteer-config-"));
    file = join(directory, "config.yaml");
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function readSettings(text: string) {
    await writeFile(file, text);
    return nodeSettingsOf(await readConfigFile(file), facts);
  }

  it("what is not set has the schema's defaults; only settings of a node remain", async () => {
    const { revision, ...settings } = await readSettings(`${header}spec: { priority: 5 }\n`);
    assert.deepEqual(settings, { configName: "file", config: makeNodeProxyConfig(), node: facts });
    assert.match(revision, /^rev-[0-9a-f]{10}$/);
  });

  it("the revision depends on the settings, not on what only the operator reads", async () => {
    const plain = await readSettings(`${header}spec: {}\n`);
    const otherPriority = await readSettings(`${header}spec: { priority: 5 }\n`);
    const otherAlgorithm = await readSettings(`${header}spec: { scheduling: { algorithm: Maglev } }\n`);
    assert.equal(otherPriority.revision, plain.revision);
    assert.notEqual(otherAlgorithm.revision, plain.revision);
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    [
      "a wrong mode is refused with the good ones",
      `${header}spec: { mode: nft }\n`,
      /spec\.mode.*"nft".*nftables/s,
    ],
    ["an unknown field is refused by name", `${header}spec: { mod: nftables }\n`, /spec\.mod/],
    ["text that is not YAML is refused", "spec: [", /cannot use/],
    ["another kind is refused", "apiVersion: v1\nkind: Service\nmetadata: { name: a }\n", /kind/],
    ["an empty file is refused", "", /cannot use/],
  ];
  for (const [name, text, message] of bad) {
    it(name, async () => {
      await writeFile(file, text);
      await assert.rejects(readConfigFile(file), (error) => {
        return error instanceof TerminalError && error.message.includes(file) && message.test(error.message);
      });
    });
  }

  it("a file that is not there is refused by name", async () => {
    await assert.rejects(
      readConfigFile(file),
      (error) => error instanceof TerminalError && error.message.includes(file),
    );
  });
});
