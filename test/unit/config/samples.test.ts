import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";

const directory = join(import.meta.dirname, "../../../config/samples");
const samples = readdirSync(directory).filter((file) => file !== "kustomization.yaml");

describe("config/samples", () => {
  it("has samples", () => assert.ok(samples.length >= 3));

  for (const sample of samples) {
    it(`${sample} is a valid ProxyConfig`, () => {
      const proxyConfig = parseProxyConfig(parse(readFileSync(join(directory, sample), "utf8")));
      assert.equal(proxyConfig.metadata.name, "default");
    });
  }
});
