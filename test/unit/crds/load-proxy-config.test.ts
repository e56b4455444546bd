import assert from "node:assert/strict";
import { InvalidProxyConfigError, parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { renderFieldError } from "../../../crds/validation/field-error.ts";
import { acceptedSpecs, refusedSpecs, type RefusedSpec } from "./proxy-config-specs.ts";

function proxyConfig(spec: object): object {
  return { apiVersion: "kubesteer.dev/v1alpha1", kind: "ProxyConfig", metadata: { name: "default" }, spec };
}

function errorsOf(value: unknown): readonly string[] {
  try {
    parseProxyConfig(value);
  } catch (error) {
    assert.ok(error instanceof InvalidProxyConfigError);
    return error.errors.map(renderFieldError);
  }
  return [];
}

const unknownFields: readonly RefusedSpec[] = [
  {
    name: "an unknown field in a list item",
    spec: { services: [{ name: "a", names: ["a/b"], mode: "ipvs", sheduling: {} }] },
    errors: [
      'spec.services[0].sheduling: Invalid value: "sheduling": unknown field: known fields are "name", ' +
        '"namespaceSelector", "serviceSelector", "names", "scheduling", "sessionAffinity", "mode"',
    ],
  },
  {
    name: "an unknown field in an object",
    spec: { drift: { polcy: "Report" } },
    errors: ['spec.drift.polcy: Invalid value: "polcy": unknown field: known fields are "policy"'],
  },
];

describe("parseProxyConfig", () => {
  it("fills in every default", () => {
    assert.deepEqual(parseProxyConfig(proxyConfig({})).spec, {
      nodeSelector: {},
      priority: 0,
      mode: "nftables",
      fallbackModes: [],
      scheduling: { algorithm: "Random", slowStartSeconds: 0 },
      sessionAffinity: { type: "Service" },
      services: [],
      localTraffic: { detect: "NodeCIDR" },
      masqueradeAll: false,
      nodePorts: { addresses: ["primary"], localhost: false },
      conntrack: {
        maxPerCore: 32_768,
        min: 131_072,
        tcpEstablishedTimeoutSeconds: 86_400,
        tcpCloseWaitTimeoutSeconds: 3_600,
        tcpBeLiberal: false,
        udpTimeoutSeconds: 0,
        udpStreamTimeoutSeconds: 0,
      },
      sync: { minPeriodMilliseconds: 0, fullResyncPeriodSeconds: 3_600 },
      drift: { policy: "Repair" },
      rollout: {
        maxUnavailable: "10%",
        canary: { nodes: 1, soakSeconds: 30 },
        progressDeadlineSeconds: 600,
        onFailure: "Rollback",
        paused: false,
      },
    });
  });

  it("fills in the missing members of an incomplete object", () => {
    const { spec } = parseProxyConfig(
      proxyConfig({
        sessionAffinity: { type: "ClientIP", clientIP: {} },
        rollout: { canary: { nodes: "5%" } },
      }),
    );
    assert.deepEqual(spec.sessionAffinity, { type: "ClientIP", clientIP: { timeoutSeconds: 10_800 } });
    assert.deepEqual(spec.rollout.canary, { nodes: "5%", soakSeconds: 30 });
  });

  it("does not change its input", () => {
    const input = Object.freeze(proxyConfig(Object.freeze({})));
    parseProxyConfig(input);
    assert.deepEqual(input, proxyConfig({}));
  });

  it("reports every error on its own line", () => {
    assert.throws(() => parseProxyConfig(proxyConfig({ mode: "nft", priority: "high", modes: [] })), {
      name: "InvalidProxyConfigError",
      message:
        /^the ProxyConfig is invalid:\n {2}spec\.modes: .*\n {2}spec\.mode: .*\n {2}spec\.priority: [^\n]*$/,
    });
  });

  for (const { name, spec, errors } of [...refusedSpecs, ...unknownFields]) {
    it(`rejects ${name}`, () => assert.deepEqual(errorsOf(proxyConfig(spec)), errors));
  }

  for (const { name, spec } of acceptedSpecs) {
    it(`accepts ${name}`, () => assert.deepEqual(errorsOf(proxyConfig(spec)), []));
  }

  it("rejects a different kind, a different version and a missing name", () => {
    assert.deepEqual(errorsOf({ apiVersion: "v1", kind: "Service", spec: {} }), [
      'apiVersion: Unsupported value: "v1": supported values: "kubesteer.dev/v1alpha1"',
      'kind: Unsupported value: "Service": supported values: "ProxyConfig"',
      "metadata.name: Required value: any name is accepted",
    ]);
  });

  it("rejects a name that is too long for a label value", () => {
    const tooLong = { ...proxyConfig({}), metadata: { name: "x".repeat(64) } };
    assert.deepEqual(errorsOf(tooLong), [
      "<nil>: Invalid value: metadata.name must be no more than 63 characters, because it becomes a label value",
    ]);
  });

  for (const value of [undefined, null, "text", 5, []]) {
    it(`rejects ${JSON.stringify(value)}, which is not an object`, () => {
      assert.equal(errorsOf(value).length, 1);
    });
  }
});
