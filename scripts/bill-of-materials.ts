/** The parts of package-lock.json that say what is installed. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** Absent in links to workspaces, which are not installed from a registry. */
  readonly version?: string;
  readonly link?: boolean;
  /** Hash of the package, `sha512-` and base64. */
  readonly integrity?: string;
  /** SPDX expression. */
  readonly license?: string;
}

/** What the bill is about. */
interface Product {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * Software bill of materials in CycloneDX JSON (https://cyclonedx.org/docs/1.6/json/): the given packages as the lock file
 * has them, and Node.js. The same input gives the same bytes: no serial number and no time.
 *
 * `npm sbom --omit dev` would list what may be needed rather than what is in the bundle, and npm 11.19 leaves out every
 * package there that a development tool needs as well.
 *
 * @param directories of the packages, as keys of the lock file
 * @param nodePackage directory of the npm package that Node.js comes from
 * @throws Error when the lock file does not have a package
 */
export function billOfMaterials(
  lockFile: LockFile,
  {
    product,
    directories,
    nodePackage,
  }: {
    readonly product: Product;
    readonly directories: readonly string[];
    readonly nodePackage: string;
  },
): object {
  const libraries = directories.map((directory) => component(lockFile, directory));
  const node = component(lockFile, nodePackage);
  const { name, version, license } = product;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": name,
        name,
        version,
        licenses: [{ expression: license }],
      },
    },
    components: [
      // Scanners know Node.js by this identifier, not by the npm package that carries it.
      { ...node, type: "platform", cpe: `cpe:2.3:a:nodejs:node.js:${node.version}:*:*:*:*:*:*:*` },
      ...libraries,
    ],
  };
}

interface Component {
  readonly type: "library";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

function component(lockFile: LockFile, directory: string): Component {
  const { version, license, integrity } = lockFile.packages[directory] ?? {};
  if (version === undefined) throw new Error(`package-lock.json does not have ${directory}`);
  const name = directory.replace(/^.*node_modules\//, "");
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const hash = /^sha512-(.+)$/.exec(integrity ?? "")?.[1];
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(hash === undefined
      ? {}
      : { hashes: [{ alg: "SHA-512", content: Buffer.from(hash, "base64").toString("hex") }] }),
  };
}
