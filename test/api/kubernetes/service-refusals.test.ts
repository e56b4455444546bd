import assert from "node:assert/strict";
import { service, services, useKubernetesApi } from "./kubernetes-stage.ts";
import { causesOf, expectCode, textOf } from "./read-answer.ts";

describe("Services that the Kubernetes API refuses", function () {
  this.timeout(90_000);
  const { api } = useKubernetesApi();

  const refusals: readonly {
    readonly rule: string;
    readonly spec: object;
    readonly field: string;
    readonly message?: string;
  }[] = [
    { rule: "a Service needs ports", spec: {}, field: "spec.ports" },
    { rule: "a port is 1 to 65535", spec: { ports: [{ port: 70_000 }] }, field: "spec.ports[0].port" },
    {
      rule: "ports are distinct",
      spec: {
        ports: [
          { name: "a", port: 1 },
          { name: "b", port: 1 },
        ],
      },
      field: "spec.ports[1]",
    },
    {
      rule: "several ports need names",
      spec: { ports: [{ port: 1 }, { name: "b", port: 2 }] },
      field: "spec.ports[0].name",
    },
    {
      rule: "protocols are TCP, UDP, SCTP",
      spec: { ports: [{ port: 1, protocol: "ICMP" }] },
      field: "spec.ports[0].protocol",
    },
    { rule: "types are known", spec: { type: "Magic", ports: [{ port: 1 }] }, field: "spec.type" },
    {
      rule: "node ports are in their range",
      spec: { type: "NodePort", ports: [{ port: 1, nodePort: 80 }] },
      field: "spec.ports[0].nodePort",
    },
    {
      rule: "IP families are distinct",
      spec: { ipFamilies: ["IPv4", "IPv4"], ports: [{ port: 1 }] },
      field: "spec.ipFamilies[1]",
    },
    {
      rule: "two families need a policy that allows them",
      spec: { ipFamilies: ["IPv4", "IPv6"], ports: [{ port: 1 }] },
      field: "spec.ipFamilyPolicy",
      message:
        "Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    },
    {
      rule: "a family is IPv4 or IPv6",
      spec: { ipFamilies: ["IPv5"], ports: [{ port: 1 }] },
      field: "spec.ipFamilies[0]",
      message: 'Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
    },
    {
      rule: "addresses are of their family",
      spec: { ipFamilies: ["IPv6"], clusterIP: "10.96.0.99", ports: [{ port: 1 }] },
      field: "spec.clusterIPs[0]",
      message: 'Invalid value: "10.96.0.99": expected an IPv6 value as indicated by `ipFamilies[0]`',
    },
    {
      rule: "clusterIPs require clusterIP",
      spec: { clusterIPs: ["10.96.0.99"], ports: [{ port: 1 }] },
      field: "spec.clusterIPs",
      message: 'Invalid value: ["10.96.0.99"]: must be empty when `clusterIP` is not specified',
    },
    {
      rule: "a Service of type ExternalName has no family",
      spec: { type: "ExternalName", externalName: "example.org", ipFamilies: ["IPv4"] },
      field: "spec.ipFamilies",
      message: "Forbidden: may not be set for ExternalName services",
    },
    {
      rule: "keys of selectors are label keys",
      spec: { selector: { "a b": "c" }, ports: [{ port: 1 }] },
      field: "spec.selector",
      message:
        "Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    },
    {
      rule: "values of selectors are label values",
      spec: { selector: { a: "x".repeat(64) }, ports: [{ port: 1 }] },
      field: "spec.selector",
      message: `Invalid value: "${"x".repeat(64)}": must be no more than 63 bytes`,
    },
    {
      rule: "requested node ports are distinct",
      spec: {
        type: "NodePort",
        ports: [
          { name: "a", port: 1, nodePort: 30_007 },
          { name: "b", port: 2, nodePort: 30_007 },
        ],
      },
      field: "spec.ports[1].nodePort",
      message: "Invalid value: 30007: provided port is already allocated",
    },
    {
      rule: "only load balancers have a class",
      spec: { loadBalancerClass: "example.org/x", ports: [{ port: 1 }] },
      field: "spec.loadBalancerClass",
      message: "Forbidden: may only be used when `type` is 'LoadBalancer'",
    },
    {
      rule: "traffic distributions are known",
      spec: { trafficDistribution: "Zone", ports: [{ port: 1 }] },
      field: "spec.trafficDistribution",
    },
    {
      rule: "source ranges of load balancers are CIDRs",
      spec: { type: "LoadBalancer", loadBalancerSourceRanges: ["all"], ports: [{ port: 1 }] },
      field: "spec.LoadBalancerSourceRanges[0]",
    },
    {
      rule: "external addresses are not loopback",
      spec: { externalIPs: ["127.0.0.1"], ports: [{ port: 1 }] },
      field: "spec.externalIPs[0]",
    },
    {
      rule: "only load balancers with local traffic have a health check port",
      spec: { healthCheckNodePort: 30_001, ports: [{ port: 1 }] },
      field: "spec.healthCheckNodePort",
    },
  ];
  for (const [index, { rule, spec, field, message }] of refusals.entries()) {
    it(rule, async () => {
      const answer = expectCode(await api.post(services, service(`refused-${index}`, spec)), 422);
      const fields = causesOf(answer).map((cause) => JSON.stringify(cause));
      assert.ok(
        fields.some((text) => text.includes(`"${field}"`)),
        answer.text,
      );
      if (message !== undefined) assert.ok(textOf(answer.body["message"]).includes(message), answer.text);
    });
  }
});
