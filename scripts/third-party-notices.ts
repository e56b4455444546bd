import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Names, versions and licence texts of npm packages.
 *
 * @param directories relative to `root`
 */
export async function thirdPartyNotices(root: string, directories: readonly string[]): Promise<string> {
  const notices = await Promise.all(directories.map((directory) => noticeOf(join(root, directory))));
  return notices.join(`\n${"-".repeat(80)}\n\n`);
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
