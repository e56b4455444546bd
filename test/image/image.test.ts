/** Builds the image as far as this machine supports it: with buildah and a base image, or its build steps in a fresh clone. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipBecause } from "../support/skip.ts";
import { parseDockerfile } from "../unit/config/parse-dockerfile.ts";

const root = join(import.meta.dirname, "../..");
const steps = parseDockerfile(readFileSync(join(root, "Dockerfile"), "utf8"))
  .filter(({ name }) => name === "builder")
  .flatMap(({ instructions }) => instructions.filter(({ keyword }) => keyword === "RUN"))
  .map(({ text }) => text);

/** Between two packages in the list of licences. */
const separator = `${"-".repeat(80)}\n\n`;

/** Runs a command. @throws with the end of its output if it fails */
function run(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    ...options,
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.equal(error, undefined);
  assert.equal(status, 0, `${file} ${args.join(" ")}:\n${`${stdout}${stderr}`.slice(-2000)}`);
  return stdout;
}

function isInstalled(command: string): boolean {
  return spawnSync(command, ["--version"]).error === undefined;
}

describe("image", function () {
  this.timeout(180_000);

  describe("built with buildah", () => {
    const baseImage = process.env["BASE_IMAGE"];

    it("runs both programs", function () {
      if (!isInstalled("buildah")) skipBecause(this, "buildah is not installed");
      if (baseImage === undefined) skipBecause(this, "BASE_IMAGE is not set to an image on this machine");
      const image = `localhost/kubesteer-test:${process.pid}`;
      run("scripts/build-image.sh", [image], { cwd: root, env: { ...process.env, ENGINE: "buildah" } });
      const container = run("buildah", ["from", image], { cwd: root }).trim();
      try {
        for (const program of ["operator", "agent"]) {
          const command = ["run", container, "node", `/app/${program}.js`, "--help"];
          assert.match(run("buildah", command, { cwd: root }), /--kubeconfig/);
        }
      } finally {
        run("buildah", ["rm", container], { cwd: root });
        run("buildah", ["rmi", image], { cwd: root });
      }
    });
  });

  describe("built step by step in a fresh clone", () => {
    let directory = "";
    let bundles = "";

    before(function () {
      if (!existsSync(join(root, ".git")))
        skipBecause(this, "this is not a git checkout, so it cannot be cloned");
      directory = mkdtempSync(join(tmpdir(), "kubesteer-image-"));
      const clone = join(directory, "src");
      run("git", ["clone", "--quiet", "--depth=1", `file://${root}`, clone], { cwd: root });
      const env = { ...process.env, npm_config_prefer_offline: "true" };
      for (const step of steps) run("sh", ["-c", step], { cwd: clone, env });
      bundles = join(directory, "app"); // away from node_modules, as in the image
      renameSync(join(clone, "dist"), bundles);
    });

    after(() => {
      if (directory !== "") rmSync(directory, { recursive: true, force: true });
    });

    for (const program of ["operator", "agent"]) {
      it(`${program}.js runs without node_modules and shows its flags`, function () {
        const bundle = join(bundles, `${program}.js`);
        if (!existsSync(bundle)) skipBecause(this, `${program}/main.ts is not committed`);
        assert.match(run(process.execPath, [bundle, "--help"], { cwd: bundles }), /--kubeconfig/);
      });
    }

    it("lists in its bill of materials what is bundled, and Node.js", () => {
      const bill = JSON.parse(readFileSync(join(bundles, "sbom.cdx.json"), "utf8")) as {
        readonly components: readonly { readonly name: string; readonly version: string }[];
      };
      const listed = bill.components.map(({ name, version }) => `${name} ${version}`);
      const notices = readFileSync(join(bundles, "THIRD-PARTY-NOTICES.txt"), "utf8");
      const bundled = [...`${separator}${notices}`.matchAll(/^-{80}\n\n(\S+ \S+), /gm)].map(
        ([, name = ""]) => name,
      );
      const node = `node-linux-${process.arch} ${process.versions.node}`;
      assert.deepEqual(listed.toSorted(), [...bundled, node].toSorted());
      assert.ok(bundled.length > 50);
    });

    it("lists the licences of everything that is bundled", () => {
      const notices = readFileSync(join(bundles, "THIRD-PARTY-NOTICES.txt"), "utf8");
      assert.match(notices, /^@kubernetes\/client-node \d/m);
      assert.match(notices, /Permission is hereby granted/);
    });
  });
});
