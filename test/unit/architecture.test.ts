/** Holds the rules that docs/architecture.md states about who may import and do what. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import apiServerPackage from "../../playground/api-server/package.json" with { type: "json" };

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

/** The embedded API server, a package of its own. */
const apiServer = "playground/api-server";

/** The room of a file: first folder; in the two programs two folders, and the program's name for the files that wire it. */
function roomOf(path: string): string {
  if (path.startsWith(`${apiServer}/`)) return apiServer;
  const folders = dirname(path).split("/");
  return folders.slice(0, isProgram(folders[0] ?? "") ? 2 : 1).join("/");
}

function isProgram(folder: string): boolean {
  return folder === "agent" || folder === "operator";
}

function isOurs(target: string): boolean {
  return /^(agent|config|crds|operator|platform|playground|scripts|test)\//.test(target);
}

/** What each room may import. A room that is not listed here fails the test; `agent` and `operator` themselves wire the rooms. */
const shared = ["crds", "platform"];
const arrows: Readonly<Record<string, readonly string[]>> = {
  crds: [],
  platform: ["crds"],
  scripts: ["crds"],
  "agent/scheduling": shared,
  "agent/kernel": shared,
  "agent/services": [...shared, "agent/scheduling"],
  "agent/watch": [...shared, "agent/services", "agent/scheduling"],
  "agent/settings": [...shared, "agent/services", "agent/watch"],
  "agent/dataplane": [...shared, "agent/services", "agent/scheduling", "agent/kernel"],
  "agent/node": [...shared, "agent/services", "agent/watch"],
  "agent/sync": [
    ...shared,
    "agent/services",
    "agent/watch",
    "agent/settings",
    "agent/node",
    "agent/dataplane",
  ],
  "agent/metrics": [...shared, "agent/services", "agent/dataplane", "agent/sync"],
  "agent/node-services": [...shared, "agent/services", "agent/dataplane", "agent/kernel", "agent/metrics"],
  "agent/drift": [...shared, "agent/dataplane", "agent/metrics"],
  "agent/status": [
    ...shared,
    "agent/services",
    "agent/settings",
    "agent/node",
    "agent/dataplane",
    "agent/sync",
    "agent/metrics",
    "agent/drift",
  ],
  "agent/http": [
    ...shared,
    "agent/services",
    "agent/dataplane",
    "agent/metrics",
    "agent/status",
    "agent/options.ts",
  ],
  "operator/plan": shared,
  // Not a part of the product: what it may use of it is listed file by file.
  [apiServer]: [
    "crds/validation/cel-rules.ts",
    "crds/validation/field-error.ts",
    "crds/validation/schema.ts",
    "crds/validation/structural-schema.ts",
    "platform/async/clock.ts",
    "platform/ip/address.ts",
    "platform/ip/cidr.ts",
    "platform/log.ts",
    "platform/logger.ts",
  ],
  "operator/watch": [...shared, "operator/plan"],
  "operator/write": [...shared, "operator/plan", "operator/watch"],
  "operator/reconcile": [...shared, "operator/plan", "operator/watch", "operator/write", "operator/http"],
  "operator/http": [...shared, "operator/plan", "operator/write", "operator/options.ts"],
};

/** Imports between rooms that `arrows` does not list, as `file → target`. */
function forbiddenArrows(): readonly string[] {
  return files.flatMap(({ path, imports }) => {
    const allowed = arrows[roomOf(path)];
    if (allowed === undefined) return [];
    return imports
      .filter(({ target }) => isOurs(target) && roomOf(target) !== roomOf(path))
      .filter(({ target }) => !allowed.includes(target) && !allowed.includes(roomOf(target)))
      .map(({ target }) => `${path} → ${target}`);
  });
}

/** Files that import each other, directly or over others, types included: each circle as the list of its files. */
function importCircles(): readonly (readonly string[])[] {
  const reach = new Map<string, ReadonlySet<string>>();
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const reachable = (start: string): ReadonlySet<string> => {
    const seen = new Set<string>();
    const waiting = [...(importsOf.get(start) ?? [])];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      waiting.push(...(importsOf.get(path) ?? []));
    }
    return seen;
  };
  for (const { path } of files) reach.set(path, reachable(path));
  const circles = files
    .filter(({ path }) => reach.get(path)?.has(path))
    .map(({ path }) =>
      [...(reach.get(path) ?? [])].filter((other) => reach.get(other)?.has(path)).toSorted(),
    );
  return [...new Map(circles.map((circle) => [circle.join(), circle])).values()];
}

/** Constructors with more lines than `most`, as `file: lines`. */
function longConstructors(most: number): readonly string[] {
  return product.flatMap(({ path, text }) =>
    [...text.matchAll(/^( *)constructor\(.*?^\1\}/gms)]
      .map(([body]) => body.split("\n").length)
      .filter((lines) => lines > most)
      .map((lines) => `${path}: ${lines}`),
  );
}

/** What a mode may import besides its own folder: never another mode. */
const modeImports = [
  "agent/dataplane/dataplane.ts",
  "agent/dataplane/foreign-change.ts",
  "agent/services/",
  "agent/scheduling/",
  "agent/kernel/",
  "crds/",
  "platform/",
];

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

  it("every room of the two programs has its arrows", () => {
    const rooms = new Set(
      files
        .map(({ path }) => roomOf(path))
        .filter((room) => room === apiServer || (isProgram(room.split("/")[0] ?? "") && room.includes("/"))),
    );
    const listed = Object.keys(arrows).filter((room) => room.includes("/"));
    assert.deepEqual([...rooms].toSorted(), listed.toSorted());
  });

  it("imports between rooms point one way", () => {
    assert.deepEqual(forbiddenArrows(), []);
  });

  it("no files import each other, not even types", () => {
    assert.deepEqual(importCircles(), []);
  });

  it("the agent imports neither the operator nor anything that is not shipped", () => {
    const wrong = files
      .filter(({ path }) => path.startsWith("agent/"))
      .flatMap(({ path, imports }) => imports.map(({ target }) => ({ path, target })))
      .filter(({ target }) => isOurs(target) && !/^(agent|crds|platform)\//.test(target));
    assert.deepEqual(wrong, []);
  });

  it("operator and agent never import each other", () => {
    const wrong = files
      .filter(({ path }) => path.startsWith("operator/"))
      .flatMap(({ path, imports }) => imports.map(({ target }) => ({ path, target })))
      .filter(({ target }) => isOurs(target) && !/^(operator|crds|platform)\//.test(target));
    assert.deepEqual(wrong, []);
  });

  it("a mode knows the desired state and the kernel, never another mode", () => {
    const wrong = files.flatMap(({ path, imports }) => {
      const mode = /^agent\/dataplane\/[^/]+\//.exec(path)?.[0];
      if (mode === undefined) return [];
      const allowed = [mode, ...modeImports];
      return imports
        .filter(({ target }) => isOurs(target))
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

  it("the embedded API server is imported by the name of its package, but for its own tests", () => {
    const wrong = files
      .filter(({ path }) => roomOf(path) !== apiServer && !path.startsWith(`test/unit/${apiServer}/`))
      .filter(({ imports }) =>
        imports.some(({ target }) => target.startsWith(`${apiServer}/`) && target.endsWith(".ts")),
      );
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("the embedded API server uses no packages but those it declares", () => {
    const declared = new Set(Object.keys(apiServerPackage.dependencies));
    const packages = files
      .filter(({ path }) => roomOf(path) === apiServer)
      .flatMap(({ imports }) => imports.map(({ target }) => target))
      .filter((target) => !isOurs(target) && !target.startsWith("node:"));
    assert.deepEqual(
      packages.filter((name) => !declared.has(name)),
      [],
    );
  });

  it("schemas are erased: nothing that is shipped loads zod", () => {
    assert.deepEqual(runtimeImportersOf(/^zod$|^crds\/schema\//, /^crds\/schema\//), []);
  });

  it("only platform/kube loads the Kubernetes client", () => {
    assert.deepEqual(runtimeImportersOf(/^@kubernetes\/client-node/, /^platform\/kube\//), []);
  });

  it("only agent/kernel/command runs commands", () => {
    assert.deepEqual(runtimeImportersOf(/^(execa|(node:)?child_process)$/, /^agent\/kernel\/command\//), []);
  });

  it("only options.ts reads the environment", () => {
    assert.deepEqual(filesThat(/\bprocess\.env\b/, /\/options\.ts$/), []);
  });

  it("only main.ts ends the process", () => {
    assert.deepEqual(filesThat(/\bprocess\.(exit|abort|kill)\(/, /^[^/]+\/main\.ts$/), []);
    assert.deepEqual(
      filesThat(/\bprocess\.exitCode = /, /^platform\/(lifecycle|options\/read-command)\.ts$/),
      [],
    );
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

  it("no constructor is longer than 40 lines", () => {
    assert.deepEqual(longConstructors(40), []);
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
