/** Bundles the programs of the image into `dist/`: `npm run build`. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { thirdPartyNotices } from "./third-party-notices.ts";

const root = join(import.meta.dirname, "..");
const outputDirectory = join(root, "dist");

/** By name of the bundle. */
const entryPoints = { operator: "operator/main.ts", agent: "agent/main.ts" };

await rm(outputDirectory, { recursive: true, force: true });
await mkdir(outputDirectory);
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: outputDirectory,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // Some dependencies are CommonJS and call require for built-in modules.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  minify: true,
  sourcemap: "external",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
});
await writeFile(
  join(outputDirectory, "THIRD-PARTY-NOTICES.txt"),
  await thirdPartyNotices(root, Object.keys(metafile.inputs)),
);
const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
};
await writeFile(
  join(outputDirectory, "package.json"),
  `${JSON.stringify({ name, version, private: true, type: "module" })}\n`,
);
