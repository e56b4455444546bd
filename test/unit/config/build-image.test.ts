import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import packageJson from "../../../package.json" with { type: "json" };

const root = join(import.meta.dirname, "../../..");

describe("scripts/build-image.sh", () => {
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "kubesteer-engine-"));
    // Works like docker and prints what it is asked for.
    writeFileSync(join(folder, "engine"), '#!/bin/sh\n[ "$1" = info ] || printf "%s\\n" "$@"\n');
    chmodSync(join(folder, "engine"), 0o755);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const build = async (environment: Readonly<Record<string, string>> = {}): Promise<readonly string[]> => {
    const { stdout } = await execa(join(root, "scripts/build-image.sh"), ["registry.example/kubesteer:1"], {
      env: { ENGINE: join(folder, "engine"), ...environment },
    });
    return stdout.split("\n");
  };

  it("builds with version, commit and time of the commit", async () => {
    const args = await build();
    assert.ok(args.includes(`VERSION=${packageJson.version}`));
    assert.ok(args.some((arg) => /^REVISION=([0-9a-f]{40}(-dirty)?)?$/.test(arg)));
    assert.ok(args.some((arg) => /^CREATED=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d))?$/.test(arg)));
    assert.deepEqual(args.slice(-5), ["--file", "Dockerfile", "--tag", "registry.example/kubesteer:1", "."]);
  });

  it("takes other base images from the environment", async () => {
    const args = await build({ BASE_IMAGE: "mirror.example/debian", BUILD_IMAGE: "mirror.example/node" });
    assert.ok(args.includes("BASE_IMAGE=mirror.example/debian"));
    assert.ok(args.includes("BUILD_IMAGE=mirror.example/node"));
  });

  it("names what to install where no engine works", async () => {
    const failure = execa(join(root, "scripts/build-image.sh"), ["x:1"], {
      env: { ENGINE: "no-such-engine" },
    });
    await assert.rejects(failure, /No image builder works on this machine/);
  });
});
