/** Holds what people and tools expect of a repository. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isJsonArray, isJsonObject } from "../../../crds/validation/json-object.ts";
import lockFile from "../../../package-lock.json" with { type: "json" };
import packageJson from "../../../package.json" with { type: "json" };
import apiServerPackage from "../../../playground/api-server/package.json" with { type: "json" };

const root = join(import.meta.dirname, "../../..");
const repository = "https://github.com/kubesteer/kubesteer";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] } };
}

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Values of a property anywhere in a piece of YAML. */
function valuesOf(value: unknown, property: string): readonly unknown[] {
  if (isJsonArray(value)) return value.flatMap((item) => valuesOf(item, property));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === property ? [member] : valuesOf(member, property),
  );
}

describe("repository", () => {
  it("package.json leads to the source, the issues and the documents", () => {
    assert.equal(packageJson.repository.url, `git+${repository}.git`);
    assert.equal(packageJson.bugs.url, `${repository}/issues`);
    assert.equal(packageJson.homepage, `${repository}#readme`);
  });

  it("the workspace belongs to the package: private, the same version, licence and Node.js", () => {
    assert.deepEqual(packageJson.workspaces, ["playground/api-server"]);
    const { version, license, engines } = packageJson;
    assert.deepEqual(
      [
        apiServerPackage.private,
        apiServerPackage.version,
        apiServerPackage.license,
        apiServerPackage.engines,
      ],
      [true, version, license, engines],
    );
    const all: Readonly<Record<string, string>> = {
      ...packageJson.dependencies,
      ...packageJson.devDependencies,
    };
    for (const [name, wanted] of Object.entries(apiServerPackage.dependencies))
      assert.equal(all[name], wanted, name);
  });

  it("the lock file has a hash for every package and names no registry", () => {
    for (const [path, entry] of Object.entries(lockFile.packages)) {
      if (!path.includes("node_modules/")) continue;
      if ("link" in entry) assert.ok(!entry.resolved.includes(":"), path);
      else assert.ok(!("resolved" in entry) && "integrity" in entry, path);
    }
  });

  it("has the documents that people look for", () => {
    const expected = [
      "README.md",
      "LICENSE",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "CHANGELOG.md",
      ".editorconfig",
    ];
    assert.deepEqual(
      expected.filter((path) => !existsSync(join(root, path))),
      [],
    );
    assert.match(read("CHANGELOG.md"), /^## \[Unreleased\]$/m);
    assert.match(read("SECURITY.md"), new RegExp(`${repository}/security/advisories/new`));
  });

  it("the editor's width of a line is the formatter's", () => {
    const { printWidth } = JSON.parse(read(".prettierrc.json")) as { readonly printWidth: number };
    assert.match(read(".editorconfig"), new RegExp(`^max_line_length = ${printWidth}$`, "m"));
  });

  it("every YAML file of the host can be read", () => {
    const files = globSync(".github/**/*.yaml", { cwd: root });
    assert.ok(files.length >= 3);
    for (const file of files) assert.ok(isJsonObject(parse(read(file))), file);
  });

  it("dependencies are updated wherever they are named", () => {
    const updates = valuesOf(parse(read(".github/dependabot.yaml")), "package-ecosystem");
    assert.deepEqual(updates.map(String).toSorted(), ["docker", "github-actions", "npm"]);
  });
});

describe("CI", () => {
  const workflow = parse(read(".github/workflows/ci.yaml")) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

  it("has no rights but to read", () => {
    assert.deepEqual(workflow.permissions, { contents: "read" });
  });

  it("runs make targets and files that exist", () => {
    const targets = commands
      .flatMap((command) => [...command.matchAll(/\bmake ([a-z-]+)/g)])
      .map(([, name]) => name);
    assert.ok(targets.includes("lint") && targets.includes("test"));
    for (const target of targets) assert.match(read("Makefile"), new RegExp(`^${target}:`, "m"));
    const patterns = commands.flatMap((command) => [...command.matchAll(/mocha '([^']+)'/g)]);
    assert.ok(patterns.length > 0);
    for (const [, pattern = ""] of patterns) assert.ok(globSync(pattern, { cwd: root }).length > 0, pattern);
  });

  it("tests with several versions of nft, among them that of the image", () => {
    const base = /^ARG BASE_IMAGE=debian:([a-z]+)/m.exec(read("Dockerfile"))?.[1];
    const releases = workflow.jobs["test"]?.strategy?.matrix.include.map(({ debian }) => debian) ?? [];
    assert.ok(releases.length >= 3 && new Set(releases).size === releases.length);
    assert.ok(releases.includes(base ?? ""));
  });

  it("tests against a kube-apiserver and looks for advisories of what is shipped", () => {
    assert.ok(commands.some((command) => command.includes("KUBEBUILDER_ASSETS")));
    assert.ok(commands.includes("npm audit --omit=dev"));
  });

  it("uses the Node.js that package.json demands", () => {
    const major = /\d+/.exec(packageJson.engines.node)?.[0];
    for (const version of valuesOf(workflow, "node-version")) assert.equal(String(version), major);
  });

  it("takes every action at a version", () => {
    for (const { uses } of steps) if (uses !== undefined) assert.match(uses, /^[\w-]+\/[\w-]+@v\d+$/);
  });
});
