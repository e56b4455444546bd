/** The TypeScript files of the repository, with what each one imports. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface SourceFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path relative to the repository, or the name of a package. */
  readonly target: string;
  /** Whether it is erased before the program runs. */
  readonly typeOnly: boolean;
}

/** In order of their paths. */
export const sourceFiles: readonly SourceFile[] = globSync(
  "{agent,config,crds,operator,platform,playground,scripts,test}/**/*.ts",
  { cwd: root },
)
  .toSorted()
  .map(readSourceFile);
/** Those that are shipped. */
export const productFiles = sourceFiles.filter(({ path }) => /^(agent|crds|operator|platform)\//.test(path));

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
