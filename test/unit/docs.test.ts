/** Holds what the documents name: files, make targets, npm scripts, test files and examples of ProxyConfigs. */
import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import packageJson from "../../package.json" with { type: "json" };
import { parseProxyConfig } from "../../crds/load-proxy-config.ts";
import { isJsonObject } from "../../crds/validation/json-object.ts";
import schemas from "../../crds/schemas.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");
const skippedFolders = new Set([
  "node_modules",
  ...linesOf(".gitignore").map((line) => line.replace(/\/$/, "")),
]);
const repositoryFiles = globSync("**/*", {
  cwd: root,
  exclude: (path) => skippedFolders.has(path),
});
const baseNames = new Set(repositoryFiles.map((path) => basename(path)));
const topFolders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !skippedFolders.has(entry.name) && entry.name !== ".git")
  .map(({ name }) => name);
const makefile = readFileSync(join(root, "Makefile"), "utf8");

interface Document {
  /** Relative to the repository. */
  readonly path: string;
  /** Targets of links to files. */
  readonly links: readonly string[];
  /** Text between backticks in a line. */
  readonly spans: readonly string[];
  /** Lines of code blocks for a shell, without comments. */
  readonly commands: readonly string[];
  readonly yamlBlocks: readonly string[];
}

const documents = globSync(
  ["*.md", "docs/*.md", "{agent,config,crds,operator,playground,test}/**/README.md"],
  {
    cwd: root,
  },
)
  .toSorted()
  .map(readDocument);

function linesOf(path: string): readonly string[] {
  return readFileSync(join(root, path), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

function readDocument(path: string): Document {
  const text = readFileSync(join(root, path), "utf8");
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => ({
    language,
    code,
  }));
  const prose = text.replaceAll(/^```.*?^```$/gms, "");
  return {
    path,
    links: [...prose.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^[a-z]+:/.test(target)),
    spans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span),
    commands: blocks
      .filter(({ language }) => language === "sh")
      .flatMap(({ code }) => code.split("\n"))
      .map((line) => line.replace(/(^|\s)#.*/, "").trim())
      .filter((line) => line !== ""),
    yamlBlocks: blocks.filter(({ language }) => language === "yaml").map(({ code }) => code),
  };
}

/** Words of commands and spans, as a shell would see them. */
function wordsOf({ spans, commands }: Document): readonly string[] {
  return [...spans, ...commands]
    .flatMap((code) => code.split(/\s+/))
    .map((word) => word.replaceAll(/^['"]|['",;]$/g, ""));
}

/** What a command is given when a document shows it, such as the patterns after `mocha`. */
function argumentsOf(command: string, { spans, commands }: Document): readonly string[] {
  return [...spans, ...commands].flatMap((code) => {
    const words = code.split(/\s+/).map((word) => word.replaceAll(/['"]/g, ""));
    const at = words.findIndex((word) => basename(word) === command);
    return at === -1 ? [] : words.slice(at + 1);
  });
}

/** Made by our programs, with a place holder in it, or the name of a definition as kubectl takes it. */
function isNoSource(path: string): boolean {
  return /[…<>$]|^crd\/.*\.kubesteer\.dev$/.test(path) || skippedFolders.has(path.split("/")[0] ?? "");
}

/** A path of the repository as far as its first folder or its file name tells. */
function isRepositoryPath(word: string, folder: string): boolean {
  if (!/^[\w.@-][\w.@*{},/-]*$/.test(word) || isNoSource(word)) return false;
  const [first = "", second] = word.split("/");
  if (second === undefined)
    return [".ts", ".md", ".yaml", ".sh", ".cjs", ".mjs"].includes(extname(word)) && extname(word) !== word;
  return (
    first === ".." || second === "" || topFolders.includes(first) || existsSync(join(root, folder, first))
  );
}

function exists(word: string, folder: string): boolean {
  if (!word.includes("/")) return baseNames.has(word);
  return [".", folder].some((from) => globSync(word, { cwd: join(root, from) }).length > 0);
}

/** Parts of a spec as in `scheduling: { algorithm: Maglev }`, complete apart from an ellipsis. */
function isSpecFragment(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    isJsonObject(value) &&
    Object.keys(value).some((key) => key in schemas.ProxyConfig.properties.spec.properties)
  );
}

/** The ProxyConfigs that a piece of YAML shows, whole or as a part of a spec. */
function proxyConfigsIn(yaml: string): readonly unknown[] {
  return parseAllDocuments(yaml.replaceAll(/,? …/g, ""), { logLevel: "silent" }).flatMap((document) => {
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
    if (isSpecFragment(value)) {
      return {
        apiVersion: "kubesteer.dev/v1alpha1",
        kind: "ProxyConfig",
        metadata: { name: "x" },
        spec: value,
      };
    }
    return isJsonObject(value) && value["kind"] === "ProxyConfig" ? [value] : [];
  });
}

describe("documents", () => {
  it("are found, and so is what they are checked for", () => {
    assert.ok(documents.some(({ path }) => path === "README.md"));
    assert.ok(documents.some(({ path }) => path === "docs/architecture.md"));
    const readme = documents.find(({ path }) => path === "README.md");
    assert.ok(readme !== undefined && readme.links.length > 0 && readme.commands.length > 0);
    assert.ok(argumentsOf("make", readme).includes("demo"));
    assert.equal(exists("agent/no-such-file.ts", "."), false);
    assert.equal(isRepositoryPath("agent/no-such-file.ts", "."), true);
  });

  for (const document of documents) {
    const { path, links, spans, yamlBlocks } = document;
    const folder = dirname(path);

    describe(path, () => {
      it("links to files that exist", () => {
        assert.deepEqual(
          links.filter((link) => !existsSync(join(root, folder, link))),
          [],
        );
      });

      it("names files and folders that exist", () => {
        const named = wordsOf(document).filter((word) => isRepositoryPath(word, folder));
        assert.deepEqual(
          named.filter((word) => !exists(word, folder)),
          [],
        );
      });

      it("names make targets that the Makefile has", () => {
        const targets = argumentsOf("make", document).filter((word) => /^[a-z][a-z-]*$/.test(word));
        assert.deepEqual(
          targets.filter((target) => !new RegExp(`^${target}:`, "m").test(makefile)),
          [],
        );
      });

      it("names npm scripts that package.json has", () => {
        const scripts = argumentsOf("npm", document).filter((_, index, words) => words[index - 1] === "run");
        assert.deepEqual(
          scripts.filter((script) => !(script in packageJson.scripts)),
          [],
        );
      });

      it("gives mocha patterns that match tests", () => {
        const patterns = argumentsOf("mocha", document).filter(
          (word) => word.startsWith("test/") && !isNoSource(word),
        );
        const unmatched = patterns.filter((pattern) => {
          const files = globSync(pattern.endsWith(".ts") ? pattern : `${pattern}/*.test.ts`, { cwd: root });
          return !files.some((file) => file.endsWith(".test.ts"));
        });
        assert.deepEqual(unmatched, []);
      });

      it("shows ProxyConfigs that the API server would take", () => {
        for (const yaml of [...yamlBlocks, ...spans]) {
          for (const proxyConfig of proxyConfigsIn(yaml))
            assert.doesNotThrow(() => parseProxyConfig(proxyConfig), yaml);
        }
      });
    });
  }
});

describe("the Makefile", () => {
  it("runs the suites of test/suites.ts", () => {
    assert.match(makefile, /^test: .*\n\t@node test\/run-suites\.ts$/m);
    assert.match(makefile, /^test-all: .*\n\t@node test\/run-suites\.ts --all$/m);
  });

  it("lists every target that it describes in make help, apart from those that others need", () => {
    const targets = [...makefile.matchAll(/^([a-z-]+):(.*)/gm)];
    const silent = targets.filter(([, , rest = ""]) => !rest.includes("## ")).map(([, name]) => name);
    assert.deepEqual(silent, ["npm-packages", "tools", "dist"]);
  });
});
