/** Holds the rules that docs/architecture.md states about who may import and do what. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

const root = join(import.meta.dirname, "../..");

interface SourceFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** A path relative to the repository, or the name of a package. */
  readonly target: string;
  /** Whether it is erased before the program runs. */
  readonly typeOnly: boolean;
}

const files: readonly SourceFile[] = globSync(
  "{agent,config,crds,operator,platform,playground,scripts,test}/**/*.ts",
  { cwd: root },
)
  .toSorted()
  .map(readSourceFile);
const product = files.filter(({ path }) => /^(agent|crds|operator|platform)\//.test(path));

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  return { path, text, imports: [...staticImports(path, text), ...dynamicImports(path, text)] };
}

function staticImports(path: string, text: string): readonly Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?([^"';]*?from\s+)?"([^"]+)"/gm);
  return [...statements].map(([, type, names = "", target = ""]) => {
    const inBraces = /\{([^}]*)\}/
      .exec(names)?.[1]
      ?.split(",")
      .map((name) => name.trim());
    const onlyTypes = inBraces?.every((name) => name === "" || name.startsWith("type ")) ?? false;
    return { target: resolve(path, target), typeOnly: type !== undefined || onlyTypes };
  });
}

function dynamicImports(path: string, text: string): readonly Import[] {
  return [...text.matchAll(/\bimport\(\s*"([^"]+)"/g)].map(([, target = ""]) => ({
    target: resolve(path, target),
    typeOnly: false,
  }));
}

function resolve(path: string, target: string): string {
  return target.startsWith(".") ? posix.join(dirname(path), target) : target;
}

/** First folder, such as `agent`; inside the agent the first two, and for a mode three. */
function unitOf(path: string): string {
  const folders = dirname(path).split("/");
  if (folders[0] !== "agent") return folders[0] ?? "";
  return folders.slice(0, folders[1] === "dataplane" ? 3 : 2).join("/");
}

function isOurs(target: string): boolean {
  return /^(agent|config|crds|operator|platform|playground|scripts|test)\//.test(target);
}

/** Imports from one unit to another that `allowed` does not list, as `file → target`. */
function forbiddenArrows(allowed: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return files.flatMap(({ path, imports }) => {
    const targets = allowed[unitOf(path)];
    if (targets === undefined) return [];
    return imports
      .filter(({ target }) => isOurs(target) && unitOf(target) !== unitOf(path))
      .filter(({ target }) => !targets.some((unit) => target === unit || target.startsWith(`${unit}/`)))
      .map(({ target }) => `${path} → ${target}`);
  });
}

/** What modes implement: they may name its types. */
const dataplaneContract = /^agent\/dataplane\/dataplanes?\.ts$/;

/** Paths of product files that match the pattern, apart from those that may. */
function filesThat(does: RegExp, except: RegExp): readonly string[] {
  return product.filter(({ path, text }) => does.test(text) && !except.test(path)).map(({ path }) => path);
}

function runtimeImportersOf(packages: RegExp, except: RegExp): readonly string[] {
  return product
    .filter(({ imports }) => imports.some(({ target, typeOnly }) => !typeOnly && packages.test(target)))
    .map(({ path }) => path)
    .filter((path) => !except.test(path));
}

describe("architecture", () => {
  it("sees the files it is about", () => {
    for (const folder of ["agent", "crds", "operator", "platform"]) {
      assert.ok(
        files.some(({ path }) => path.startsWith(`${folder}/`)),
        folder,
      );
    }
    const [importing] = files.filter(({ path }) => path === "crds/load-proxy-config.ts");
    assert.ok(importing?.imports.some(({ target }) => target === "crds/validation/cel-rules.ts"));
  });

  it("imports point one way between the folders", () => {
    assert.deepEqual(
      forbiddenArrows({
        crds: [],
        platform: ["crds"],
        operator: ["crds", "platform"],
        scripts: ["crds"],
      }),
      [],
    );
  });

  it("the agent imports neither the operator nor anything that is not shipped", () => {
    const wrong = files
      .filter(({ path }) => path.startsWith("agent/"))
      .flatMap(({ path, imports }) => imports.map(({ target }) => ({ path, target })))
      .filter(({ target }) => isOurs(target) && !/^(agent|crds|platform)\//.test(target));
    assert.deepEqual(wrong, []);
  });

  it("inside the agent imports point from the API to the kernel", () => {
    const shared = ["crds", "platform"];
    assert.deepEqual(
      forbiddenArrows({
        "agent/services": shared,
        "agent/kernel": shared,
        "agent/watch": [...shared, "agent/services"],
        "agent/sync": [...shared, "agent/services", "agent/dataplane", "agent/doorbell.ts"],
      }),
      [],
    );
  });

  it("a mode knows the desired state and the kernel, never another mode", () => {
    const wrong = files.flatMap(({ path, imports }) => {
      const mode = /^agent\/dataplane\/[^/]+\//.exec(path)?.[0];
      if (mode === undefined) return [];
      const allowed = [mode, "agent/services/", "agent/kernel/", "agent/conntrack/", "crds/", "platform/"];
      return imports
        .filter(({ target, typeOnly }) => isOurs(target) && !(typeOnly && dataplaneContract.test(target)))
        .filter(({ target }) => !allowed.some((prefix) => target.startsWith(prefix)))
        .map(({ target }) => `${path} → ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("nothing that is shipped imports tests, the playground or scripts", () => {
    const wrong = product.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => /^(config|playground|scripts|test)\//.test(target))
        .map(({ target }) => `${path} → ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("schemas are erased: nothing that is shipped loads zod", () => {
    assert.deepEqual(runtimeImportersOf(/^zod$|^crds\/schema\//, /^crds\/schema\//), []);
  });

  it("only platform/kube loads the Kubernetes client", () => {
    assert.deepEqual(runtimeImportersOf(/^@kubernetes\/client-node/, /^platform\/kube\//), []);
  });

  it("only agent/kernel/command.ts runs commands", () => {
    assert.deepEqual(
      runtimeImportersOf(/^(execa|(node:)?child_process)$/, /^agent\/kernel\/command\.ts$/),
      [],
    );
  });

  it("only options.ts reads the environment", () => {
    assert.deepEqual(filesThat(/\bprocess\.env\b/, /\/options\.ts$/), []);
  });

  it("only main.ts ends the process", () => {
    assert.deepEqual(filesThat(/\bprocess\.(exit|abort|kill)\(/, /^[^/]+\/main\.ts$/), []);
    assert.deepEqual(filesThat(/\bprocess\.exitCode = /, /^([^/]+\/main|platform\/lifecycle)\.ts$/), []);
  });

  it("files are named after what they do", () => {
    const vague = /^(utils?|helpers?|common|types?|managers?|misc|shared|lib|constants)\.ts$/;
    const index = /^index\.ts$/;
    const wrong = files.filter(({ path }) => {
      const name = posix.basename(path);
      return vague.test(name) || (index.test(name) && !/^agent\/dataplane\/[^/]+\/index\.ts$/.test(path));
    });
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("file names are in kebab-case", () => {
    const wrong = files.filter(
      ({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(posix.basename(path)),
    );
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("no file outside the tests is longer than 350 lines", () => {
    const long = files
      .filter(({ path }) => !path.startsWith("test/"))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > 350);
    assert.deepEqual(long, []);
  });

  it("no work is left for later in the code", () => {
    const marker = new RegExp(
      `\\b(${["TO", "FIX", "HA"].map((word, index) => word + ["DO", "ME", "CK"][index]).join("|")})\\b`,
    );
    assert.deepEqual(
      files.filter(({ text }) => marker.test(text)).map(({ path }) => path),
      [],
    );
  });
});
