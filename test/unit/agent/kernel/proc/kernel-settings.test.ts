import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyKernelSettings } from "../../../../../agent/kernel/proc/kernel-settings.ts";

const past = new Date(0);

interface Row {
  readonly rule: string;
  readonly kernel: number;
  readonly wanted: number;
  readonly onlyRaise: boolean;
  readonly written: boolean;
}

const rows: readonly Row[] = [
  { rule: "a value that differs is written", kernel: 5, wanted: 3, onlyRaise: false, written: true },
  { rule: "an equal value is not written", kernel: 5, wanted: 5, onlyRaise: false, written: false },
  { rule: "a value that is only raised is raised", kernel: 5, wanted: 7, onlyRaise: true, written: true },
  {
    rule: "a value that is only raised is not lowered",
    kernel: 5,
    wanted: 3,
    onlyRaise: true,
    written: false,
  },
];

describe("applyKernelSettings", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "kubesteer-settings-"));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  for (const { rule, kernel, wanted, onlyRaise, written } of rows) {
    it(rule, async () => {
      const path = join(root, "max");
      writeFileSync(path, `${kernel}\n`);
      utimesSync(path, past, past);
      assert.deepEqual(await applyKernelSettings([{ file: "max", value: wanted, onlyRaise }], root), []);
      assert.equal(Number(readFileSync(path, "utf8")), written ? wanted : kernel);
      assert.equal(statSync(path).mtimeMs !== 0, written);
    });
  }

  it("returns what cannot be written, and writes the rest", async () => {
    writeFileSync(join(root, "max"), "1\n");
    const settings = ["missing", "max"].map((file) => ({ file, value: 2, onlyRaise: false }));
    const refused = await applyKernelSettings(settings, root);
    assert.deepEqual(
      refused.map(({ file, value }) => [file, value]),
      [["missing", 2]],
    );
    assert.match(refused[0]?.reason ?? "", /ENOENT/);
    assert.equal(readFileSync(join(root, "max"), "utf8"), "2");
  });
});
