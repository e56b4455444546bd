import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Names, versions and licence texts of the npm packages that are part of a bundle.
 *
 * @param sources paths of the bundled files, relative to `root`, as esbuild's metafile lists them
 */
export async function thirdPartyNotices(root: string, sources: readonly string[]): Promise<string> {
  const directories = [...new Set(sources.flatMap(packageDirectoryOf))].toSorted();
  const notices = await Promise.all(directories.map((directory) => noticeOf(join(root, directory))));
  return notices.join(`\n${"-".repeat(80)}\n\n`);
}

/** `node_modules/@scope/name` of a file in a package, even if the package is nested in another one; empty for our own files. */
function packageDirectoryOf(source: string): readonly string[] {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source)?.slice(0, 1) ?? [];
}

async function noticeOf(directory: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = (await readdir(directory))
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
  return [`${name} ${version}, ${license ?? "licence in its text"}`, ...texts].join("\n\n");
}
