/** Holds the rules that docs/architecture.md states about who may import and do what. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import apiServerPackage from "../../playground/api-server/package.json" with { type: "json" };
import { findCircles } from "../support/find-circles.ts";
import { apiServer, arrows, forbiddenArrows, isOurs, isProgram, roomOf } from "../support/rooms.ts";
import { productFiles as product, sourceFiles as files } from "../support/source-files.ts";

const longestFile = 300;
const longestConstructor = 40;

/** Constructors with more lines than `most`, as `file: lines`. */
function longConstructors(most: number): readonly string[] {
  return files.flatMap(({ path, text }) =>
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
    const imports = files.map((file) => [file.path, file.imports.map(({ target }) => target)] as const);
    assert.deepEqual(findCircles(new Map(imports)), []);
  });

  it("no rooms may import each other", () => {
    assert.deepEqual(findCircles(new Map(Object.entries(arrows))), []);
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

  it(`no file is longer than ${longestFile} lines`, () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > longestFile);
    assert.deepEqual(long, []);
  });

  it(`no constructor is longer than ${longestConstructor} lines`, () => {
    assert.deepEqual(longConstructors(longestConstructor), []);
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
