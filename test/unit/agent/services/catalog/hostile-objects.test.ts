import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { DesiredServicePort } from "../../../../../agent/services/desired-state.ts";
import { trimNamespace } from "../../../../../agent/watch/trim-namespace.ts";
import { trimServiceCIDR } from "../../../../../agent/watch/trim-service-cidr.ts";
import { familyOf, parseIpAddress } from "../../../../../platform/ip/address.ts";
import { cidrFamily, parseCidr } from "../../../../../platform/ip/cidr.ts";
import { makeEndpointSlice, makeService } from "../../../../support/make-objects.ts";
import { compileObjects, portsOf } from "../compile-objects.ts";

const honest = {
  services: [
    makeService({
      name: "honest",
      clusterIPs: ["10.96.0.77", "fd00:96::77"],
      externalIPs: ["203.0.113.77"],
      creationTimestamp: "2020-01-01T00:00:00Z",
    }),
  ],
  endpointSlices: [makeEndpointSlice({ name: "honest-1", service: "honest", endpoints: ["10.0.0.77"] })],
};

const service = makeService({
  name: "target",
  namespace: "default",
  labels: { app: "a" },
  type: "LoadBalancer",
  clusterIPs: ["10.96.0.1", "fd00:96::1"],
  externalIPs: ["203.0.113.1", "2001:db8::1"],
  ingress: [{ ip: "198.51.100.1", ipMode: "VIP", hostname: "lb.example.org" }],
  loadBalancerSourceRanges: ["192.168.0.0/16", "fd00::/8"],
  internalTrafficPolicy: "Local",
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 30_999,
  sessionAffinity: "ClientIP",
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  ports: [
    { name: "http", port: 80, protocol: "TCP", nodePort: 30_080, targetPort: "http", appProtocol: "h2c" },
    { name: "dns", port: 53, protocol: "UDP", nodePort: 30_053, targetPort: 53 },
  ],
});

const slice = makeEndpointSlice({
  name: "target-1",
  service: "target",
  annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
  ports: [
    { name: "http", port: 8080, protocol: "TCP" },
    { name: "dns", port: 5353, protocol: "UDP" },
  ],
  endpoints: [
    {
      addresses: ["10.0.0.1", "10.0.0.2"],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: "worker-1",
      zone: "zone-a",
      hints: { forNodes: [{ name: "worker-1" }], forZones: [{ name: "zone-a" }] },
    },
  ],
});

const injections = [
  '"; flush ruleset; "',
  "10.0.0.1; drop",
  "10.0.0.1\n",
  "10.0.0.1, 10.0.0.2",
  "$(reboot)",
  "`reboot`",
  "a } add rule x { b",
  "http\u0000",
  "\u001B[2J\u0085\u202E",
  "-D",
  "--help",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "",
  " ",
  "None",
  "x".repeat(100_000),
];
const oddAddresses = [
  "0.0.0.0",
  "255.255.255.255",
  "999.0.0.1",
  "010.001.000.09",
  "0x7f.1",
  "1.2.3",
  "::",
  "::ffff:10.0.0.1",
  "fe80::1%eth0",
  "fd00::1::2",
  "10.0.0.0/8",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "fd00::/129",
  "/",
];
const oddNumbers = [0, -0, -1, 1.5, 65_535, 65_536, 2 ** 31, 2 ** 53, 1e308, NaN, -Infinity];

const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(...injections, ...oddAddresses, ...oddNumbers, null, undefined, true, [], {}),
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom<unknown>(
    ["10.0.0.9"],
    [["10.0.0.9"]],
    { ip: "10.0.0.9" },
    [null],
    [undefined],
    [{ port: 81 }],
  ),
);

type Path = readonly (string | number)[];

/** The paths of an object and of everything in it. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, item]) => pathsIn(item, [...path, key]))];
}

function replaceAt(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? replaceAt(item, rest, replacement) : item));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, item]: [string, unknown]) => [
    name,
    name === key ? replaceAt(item, rest, replacement) : item,
  ]);
  return Object.fromEntries(entries);
}

/** The object with one to four of its parts replaced. */
function spoiled(object: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ path: fc.constantFrom(...pathsIn(object)), value: hostileValue });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((spoilt, { path, value }) => replaceAt(spoilt, path, value), object));
}

const hostileService = fc.oneof({ weight: 9, arbitrary: spoiled(service) }, fc.anything());
const hostileSlice = fc.oneof({ weight: 9, arbitrary: spoiled(slice) }, fc.anything());

function assertWellFormed(port: DesiredServicePort): void {
  assert.match(port.name, /^[-a-z0-9]{1,63}\/[-a-z0-9]{1,63}:[-a-z0-9]{0,63}\/(TCP|UDP|SCTP)$/);
  assert.ok(port.frontends.length > 0);
  for (const { address, port: number } of [
    ...port.frontends,
    ...port.clusterEndpoints,
    ...port.localEndpoints,
  ]) {
    assert.equal(parseIpAddress(address), address);
    assert.equal(familyOf(address), port.family);
    assert.ok(Number.isInteger(number) && number >= 1 && number <= 65_535);
  }
  for (const source of port.frontends.flatMap(({ allowedSources }) => allowedSources ?? [])) {
    assert.equal(parseCidr(source), source);
    assert.equal(cidrFamily(source), port.family);
  }
  const timeout = port.affinityTimeoutSeconds ?? 1;
  assert.ok(Number.isInteger(timeout) && timeout >= 1 && timeout <= 86_400);
}

/** In characters, as a schema's maxLength counts. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

describe("hostile objects", () => {
  const alone = compileObjects(honest);

  it("never throw, make only valid output, and do not touch other Services", () => {
    fc.assert(
      fc.property(hostileService, hostileSlice, (badService, badSlice) => {
        const compiled = compileObjects({
          services: [badService, ...honest.services],
          endpointSlices: [badSlice, ...honest.endpointSlices],
        });
        for (const port of portsOf(compiled)) assertWellFormed(port);
        for (const { field, value, reason } of compiled.problems) {
          assert.ok(lengthOf(field) <= 400 && lengthOf(value ?? "") <= 80 && lengthOf(reason) <= 300);
          assert.doesNotMatch(field + value + reason, /\p{Cc}/u);
        }
        const unaffected = [...compiled.services].filter(([name]) => name === "default/honest");
        assert.deepEqual(unaffected, [...alone.services]);
      }),
      { numRuns: 6_000 },
    );
  });

  it("are survived by the other trimming functions", () => {
    fc.assert(
      fc.property(fc.anything(), hostileValue, (anything, value) => {
        trimNamespace(anything);
        trimNamespace({ metadata: { name: "n", labels: value } });
        trimServiceCIDR(anything);
        const kept = trimServiceCIDR({ metadata: { name: "n" }, spec: { cidrs: [value, "10.96.0.0/12"] } });
        assert.equal(kept?.cidrs.at(-1), "10.96.0.0/12");
        for (const cidr of kept?.cidrs ?? []) assert.equal(parseCidr(cidr), cidr);
      }),
      { numRuns: 2_000 },
    );
  });
});
