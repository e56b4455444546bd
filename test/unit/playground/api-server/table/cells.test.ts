import assert from "node:assert/strict";
import type { JsonValue } from "../../../../../playground/api-server/json-value.ts";
import { parseKubeObject } from "../../../../../playground/api-server/kube-object.ts";
import { builtInColumns } from "../../../../../playground/api-server/table/built-in-columns.ts";
import { customColumns } from "../../../../../playground/api-server/table/custom-columns.ts";
import { compileJsonPath } from "../../../../../playground/api-server/table/json-path.ts";
import { shortDuration } from "../../../../../playground/api-server/table/short-duration.ts";

describe("short duration", () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const rows: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [-5 * second, "<invalid>"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [3 * minute + 7 * second, "3m7s"],
    [10 * minute + 30 * second, "10m"],
    [179 * minute, "179m"],
    [3 * hour + 5 * minute, "3h5m"],
    [9 * hour, "9h"],
    [2 * day + 3 * hour, "2d3h"],
    [30 * day, "30d"],
    [3 * 365 * day + 10 * day, "3y10d"],
    [9 * 365 * day, "9y"],
  ];
  for (const [milliseconds, text] of rows) {
    it(text, () => assert.equal(shortDuration(milliseconds), text));
  }
});

describe("JSONPath of printer columns", () => {
  const object = {
    spec: { size: 3, "odd.name": "x", list: [{ v: 1 }, { v: 2 }] },
    status: {
      conditions: [
        { type: "Other", status: "False" },
        { type: "Ready", status: "True" },
      ],
    },
  };
  const rows: readonly (readonly [string, readonly JsonValue[]])[] = [
    [".spec.size", [3]],
    [".spec.missing", []],
    [".spec.list[1].v", [2]],
    [".spec.list[*].v", [1, 2]],
    [".spec['odd.name']", ["x"]],
    [".spec.odd\\.name", ["x"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type=='Nope')].status", []],
    [".constructor", []],
  ];
  for (const [path, found] of rows) {
    it(path, () => assert.deepEqual(compileJsonPath(path)(object), found));
  }

  it("anything else is a syntax error", () => {
    assert.throws(() => compileJsonPath(".spec[?(@.a>1)]"), SyntaxError);
  });
});

describe("custom columns", () => {
  const columns = customColumns({
    additionalPrinterColumns: [
      { name: "Size", type: "integer", jsonPath: ".spec.size" },
      { name: "Since", type: "date", jsonPath: ".spec.since" },
      { name: "Tags", type: "string", jsonPath: ".spec.tags", priority: 1 },
    ],
  });
  const cellsOf = (spec: JsonValue): readonly JsonValue[] => {
    const object = parseKubeObject({ apiVersion: "v1", kind: "Thing", metadata: { name: "n" }, spec });
    return columns.map((column) => column.cell(object, Date.parse("2026-01-01T00:01:00Z")));
  };

  it("dates are shown as ages, lists as JSON", () => {
    assert.deepEqual(cellsOf({ size: 1, since: "2026-01-01T00:00:00Z", tags: ["a"] }), [
      "n",
      1,
      "60s",
      '["a"]',
    ]);
  });

  it("a missing or wrongly typed value is null", () => {
    assert.deepEqual(cellsOf({ size: "1" }), ["n", null, null, null]);
  });

  it("a definition without columns shows Name and Age", () => {
    assert.deepEqual(
      customColumns({}).map(({ name }) => name),
      ["Name", "Age"],
    );
  });
});

describe("built-in columns", () => {
  const rows: readonly {
    readonly rule: string;
    readonly resource: string;
    readonly column: string;
    readonly object: object;
    readonly cell: JsonValue;
  }[] = [
    {
      rule: "node ports are shown after their port",
      resource: "services",
      column: "Port(s)",
      object: {
        spec: {
          ports: [
            { port: 80, nodePort: 30_080, protocol: "TCP" },
            { port: 53, protocol: "UDP" },
          ],
        },
      },
      cell: "80:30080/TCP,53/UDP",
    },
    {
      rule: "a load balancer without an address is pending",
      resource: "services",
      column: "External-IP",
      object: { spec: { type: "LoadBalancer" } },
      cell: "<pending>",
    },
    {
      rule: "external addresses are listed",
      resource: "services",
      column: "External-IP",
      object: {
        spec: { type: "LoadBalancer", externalIPs: ["1.2.3.4"] },
        status: { loadBalancer: { ingress: [{ ip: "5.6.7.8" }] } },
      },
      cell: "5.6.7.8,1.2.3.4",
    },
    {
      rule: "many endpoints are shortened",
      resource: "endpointslices.discovery.k8s.io",
      column: "Endpoints",
      object: {
        endpoints: [{ addresses: ["1"] }, { addresses: ["2"] }, { addresses: ["3"] }, { addresses: ["4"] }],
      },
      cell: "1,2,3 + 1 more...",
    },
    {
      rule: "a slice without ports is unset",
      resource: "endpointslices.discovery.k8s.io",
      column: "Ports",
      object: {},
      cell: "<unset>",
    },
    {
      rule: "a cordoned node is shown as SchedulingDisabled",
      resource: "nodes",
      column: "Status",
      object: { spec: { unschedulable: true }, status: { conditions: [{ type: "Ready", status: "True" }] } },
      cell: "Ready,SchedulingDisabled",
    },
    {
      rule: "a node without conditions is unknown",
      resource: "nodes",
      column: "Status",
      object: {},
      cell: "Unknown",
    },
    {
      rule: "ready replicas of a deployment",
      resource: "deployments.apps",
      column: "Ready",
      object: { spec: { replicas: 2 }, status: { readyReplicas: 1 } },
      cell: "1/2",
    },
  ];
  for (const { rule, resource, column, object, cell } of rows) {
    it(rule, () => {
      const found = builtInColumns[resource]?.find(({ name }) => name === column);
      const whole = parseKubeObject({ apiVersion: "v1", kind: "Thing", metadata: { name: "n" }, ...object });
      assert.equal(found?.cell(whole, 0), cell);
    });
  }
});
