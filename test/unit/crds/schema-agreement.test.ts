/** Checks that the schemas in TypeScript and the structural schemas generated from them agree. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { proxyConfigSpec } from "../../../crds/schema/proxy-config.ts";
import schemas from "../../../crds/schemas.json" with { type: "json" };
import { isJsonArray, isJsonObject } from "../../../crds/validation/json-object.ts";
import { applyDefaults, validateSchema } from "../../../crds/validation/structural-schema.ts";
import { acceptedSpecs } from "./proxy-config-specs.ts";

const specSchema = schemas.ProxyConfig.properties.spec;

/** A spec that sets most fields. It has no rollout, because CEL rules validate the unions of that. */
const fullSpec = applyDefaults(specSchema, {
  nodeSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] },
  fallbackModes: ["iptables"],
  sessionAffinity: { type: "ClientIP", clientIP: {} },
  services: [{ name: "a", names: ["ns/svc"], scheduling: { algorithm: "Maglev" }, mode: "ipvs" }],
  localTraffic: { detect: "ClusterCIDR", cidrs: ["10.0.0.0/8"], interface: "cni0" },
});

type Path = readonly (string | number)[];

/** Paths of all members and items in a value, without the value itself. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  const members = isJsonArray(value) ? value.entries() : isJsonObject(value) ? Object.entries(value) : [];
  return [...members].flatMap(([key, member]) => [[...path, key], ...pathsOf(member, [...path, key])]);
}

function replace(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (isJsonArray(value)) return value.with(Number(key), replace(value[Number(key)], rest, replacement));
  return isJsonObject(value) ? { ...value, [key]: replace(value[key], rest, replacement) } : value;
}

describe("structural schema and TypeScript schema", () => {
  for (const { name, spec } of acceptedSpecs) {
    it(`give the same defaults to ${name}`, () => {
      const object = {
        apiVersion: "kubesteer.dev/v1alpha1",
        kind: "ProxyConfig",
        metadata: { name: "default" },
        spec,
      };
      assert.deepEqual(parseProxyConfig(object).spec, proxyConfigSpec.parse(spec));
    });
  }

  it("accept and reject the same values", () => {
    const path = fc.constantFrom(...pathsOf(fullSpec).filter(([field]) => field !== "rollout"));
    const replacement = fc.oneof(
      fc.integer(),
      fc.nat({ max: 100_000 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.constantFrom("nftables", "Maglev", "ClientIP", "In", "Report", "ns/svc", "x".repeat(64)),
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
    );
    let accepted = 0;
    const runs = 2_000;
    fc.assert(
      fc.property(path, replacement, (where, what) => {
        const spec = replace(fullSpec, where, what);
        const errors = validateSchema(specSchema, spec, "spec");
        if (errors.length === 0) accepted++;
        assert.equal(errors.length === 0, proxyConfigSpec.safeParse(spec).success, JSON.stringify(errors));
      }),
      { numRuns: runs },
    );
    assert.ok(accepted > runs / 100 && accepted < runs / 2, `${accepted} of ${runs} were accepted`);
  });

  it("applying defaults twice changes nothing", () => {
    assert.deepEqual(applyDefaults(specSchema, fullSpec), fullSpec);
  });
});
