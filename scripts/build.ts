/** Bundles the programs of the image into `dist/`, with the licences and the list of what is in them: `npm run build`. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { billOfMaterials, type LockFile } from "./bill-of-materials.ts";
import { bundledPackages } from "./bundled-packages.ts";
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
const packages = bundledPackages(Object.keys(metafile.inputs));
await writeOutput("THIRD-PARTY-NOTICES.txt", await thirdPartyNotices(root, packages));
const product = await readJson<{ name: string; version: string; license: string }>("package.json");
const bill = billOfMaterials(await readJson<LockFile>("package-lock.json"), {
  product,
  directories: packages,
  nodePackage: `node_modules/node-linux-${process.arch}`,
});
await writeOutput("sbom.cdx.json", `${JSON.stringify(bill, undefined, 1)}\n`);
const { name, version } = product;
await writeOutput("package.json", `${JSON.stringify({ name, version, private: true, type: "module" })}\n`);

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(join(root, file), "utf8")) as T;
}

async function writeOutput(file: string, content: string): Promise<void> {
  await writeFile(join(outputDirectory, file), content);
}
