import assert from "node:assert/strict";
import { InvalidProxyConfigError, parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { renderFieldError } from "../../../crds/validation/field-error.ts";

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

describe("parseProxyConfig", () => {
  it("fills in every default", () => {
    assert.deepEqual(parseProxyConfig(proxyConfig({})).spec, {
      nodeSelector: {},
      priority: 0,
      mode: "nftables",
      fallbackModes: [],
      scheduling: { algorithm: "Random" },
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

  it("fills in what a partly given object lacks", () => {
    const { spec } = parseProxyConfig(
      proxyConfig({
        sessionAffinity: { type: "ClientIP", clientIP: {} },
        rollout: { canary: { nodes: "5%" } },
      }),
    );
    assert.deepEqual(spec.sessionAffinity, { type: "ClientIP", clientIP: { timeoutSeconds: 10_800 } });
    assert.deepEqual(spec.rollout.canary, { nodes: "5%", soakSeconds: 30 });
  });

  it("leaves its input alone", () => {
    const input = Object.freeze(proxyConfig(Object.freeze({})));
    parseProxyConfig(input);
    assert.deepEqual(input, proxyConfig({}));
  });

  it("says everything that is wrong, one line each", () => {
    assert.throws(() => parseProxyConfig(proxyConfig({ mode: "nft", priority: "high", modes: [] })), {
      name: "InvalidProxyConfigError",
      message:
        /^the ProxyConfig is invalid:\n {2}spec\.modes: .*\n {2}spec\.mode: .*\n {2}spec\.priority: [^\n]*$/,
    });
  });

  const percentage = "must be a positive number of nodes or a percentage from 1% to 100%";
  const selectSomething = "a rule must select something: set names, namespaceSelector or serviceSelector";
  const changeSomething = "a rule must change something: set scheduling, sessionAffinity or mode";
  const rows: readonly { name: string; spec: object; errors: readonly string[] }[] = [
    {
      name: "an unknown mode",
      spec: { mode: "nft" },
      errors: [
        'spec.mode: Unsupported value: "nft": supported values: "nftables", "iptables", "ipvs", "ebpf", "userspace"',
      ],
    },
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
    {
      name: "a clientIP timeout without ClientIP",
      spec: { sessionAffinity: { type: "None", clientIP: { timeoutSeconds: 5 } } },
      errors: [
        "spec.sessionAffinity.clientIP: Invalid value: clientIP may only be set when type is ClientIP",
      ],
    },
    {
      name: "a rule that selects and changes nothing",
      spec: { services: [{ name: "a" }] },
      errors: [
        `spec.services[0]: Invalid value: ${selectSomething}`,
        `spec.services[0]: Invalid value: ${changeSomething}`,
      ],
    },
    {
      name: "two rules of one name",
      spec: {
        services: [
          { name: "a", names: ["a/b"], mode: "ipvs" },
          { name: "a", names: ["a/c"], mode: "ipvs" },
        ],
      },
      errors: ['spec.services[1]: Duplicate value: {"name":"a"}'],
    },
    {
      name: "ClusterCIDR without cidrs",
      spec: { localTraffic: { detect: "ClusterCIDR" } },
      errors: [
        "spec.localTraffic.cidrs: Invalid value: cidrs must be set for detect ClusterCIDR and only then",
      ],
    },
    {
      name: "cidrs for another detector",
      spec: { localTraffic: { cidrs: ["10.0.0.0/8"] } },
      errors: [
        "spec.localTraffic.cidrs: Invalid value: cidrs must be set for detect ClusterCIDR and only then",
      ],
    },
    {
      name: "a CIDR that is none",
      spec: { localTraffic: { detect: "ClusterCIDR", cidrs: ["10.0.0.0/8", "10.0.0.0"] } },
      errors: [
        "spec.localTraffic.cidrs[1]: Invalid value: must be an IPv4 or IPv6 CIDR such as 10.244.0.0/16",
      ],
    },
    {
      name: "an interface detector without interface",
      spec: { localTraffic: { detect: "BridgeInterface" } },
      errors: [
        "spec.localTraffic.interface: Invalid value: " +
          "interface must be set for detect BridgeInterface and InterfaceNamePrefix and only then",
      ],
    },
    {
      name: "primary beside a CIDR",
      spec: { nodePorts: { addresses: ["primary", "10.0.0.0/8"] } },
      errors: ["spec.nodePorts.addresses: Invalid value: must be exactly [primary], or a list of CIDRs"],
    },
    {
      name: "maxUnavailable of nothing",
      spec: { rollout: { maxUnavailable: 0 } },
      errors: [`spec.rollout.maxUnavailable: Invalid value: ${percentage}`],
    },
    {
      name: "maxUnavailable above all",
      spec: { rollout: { maxUnavailable: "101%" } },
      errors: [`spec.rollout.maxUnavailable: Invalid value: ${percentage}`],
    },
    {
      name: "negative canary nodes",
      spec: { rollout: { canary: { nodes: -1 } } },
      errors: [
        "spec.rollout.canary.nodes: Invalid value: " +
          "must be a number of nodes that is not negative, or a percentage from 0% to 100%",
      ],
    },
    {
      name: "In without values",
      spec: { nodeSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
      errors: [
        "spec.nodeSelector.matchExpressions[0].values: Invalid value: " +
          "values must be set for In and NotIn, and must be empty for Exists and DoesNotExist",
      ],
    },
    {
      name: "a timeout out of range",
      spec: { sessionAffinity: { type: "ClientIP", clientIP: { timeoutSeconds: 86_401 } } },
      errors: [
        "spec.sessionAffinity.clientIP.timeoutSeconds: Invalid value: 86401: " +
          "spec.sessionAffinity.clientIP.timeoutSeconds in body should be less than or equal to 86400",
      ],
    },
  ];
  for (const { name, spec, errors } of rows) {
    it(`refuses ${name}`, () => assert.deepEqual(errorsOf(proxyConfig(spec)), errors));
  }

  it("refuses another kind, another version and a missing name", () => {
    assert.deepEqual(errorsOf({ apiVersion: "v1", kind: "Service", spec: {} }), [
      'apiVersion: Unsupported value: "v1": supported values: "kubesteer.dev/v1alpha1"',
      'kind: Unsupported value: "Service": supported values: "ProxyConfig"',
      "metadata.name: Required value: any name will do",
    ]);
  });

  it("refuses a name that fits no label", () => {
    const tooLong = { ...proxyConfig({}), metadata: { name: "x".repeat(64) } };
    assert.deepEqual(errorsOf(tooLong), [
      "<nil>: Invalid value: metadata.name must be no more than 63 characters, because it becomes a label value",
    ]);
  });

  for (const value of [undefined, null, "text", 5, []]) {
    it(`refuses ${JSON.stringify(value)}, which is no object`, () => {
      assert.equal(errorsOf(value).length, 1);
    });
  }
});
