import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { CatalogObjects } from "../../../../agent/services/catalog/catalog-objects.ts";
import { StoredObjects } from "../../../../agent/watch/stored-objects.ts";
import { trimEndpointSlice } from "../../../../agent/watch/trim-endpoint-slice.ts";
import { trimService } from "../../../../agent/watch/trim-service.ts";
import { parseCidr } from "../../../../platform/ip/cidr.ts";
import { waitUntil } from "../../../../playground/wait-until.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { makeEndpointSlice, makeService } from "../../../support/make-objects.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

/** With every field that is kept, set and not set. */
const objects = collect({
  services: [
    makeService({
      type: "LoadBalancer",
      labels: { app: "web" },
      externalIPs: ["203.0.113.1", "bad"],
      ingress: [{ ip: "203.0.113.2" }],
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_999,
      sessionAffinity: "ClientIP",
      ports: [{ name: "http", port: 80, nodePort: 30_080 }],
    }),
    makeService({ name: "bare" }),
  ],
  slices: [
    makeEndpointSlice({
      annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" },
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          nodeName: "worker-1",
          conditions: { ready: false, serving: true, terminating: true },
          hints: { forZones: [{ name: "zone-a" }], forNodes: [{ name: "worker-1" }] },
        },
        "10.0.0.2",
        "bad",
      ],
    }),
    makeEndpointSlice({ name: "bare-1", service: "bare" }),
  ],
});

function collect({ services, slices }: Record<"services" | "slices", readonly unknown[]>): CatalogObjects {
  const keptServices = services.map((object) => trimService(object) ?? assert.fail("not kept"));
  const keptSlices = slices.map((object) => trimEndpointSlice(object) ?? assert.fail("not kept"));
  return {
    services: new Map(keptServices.map((service) => [service.name, service])),
    endpointSlices: new Map(keptSlices.map((slice, index) => [`default/${index}`, slice])),
    namespaces: new Map([["default", { team: "a" }]]),
    serviceCIDRs: new Map([["kubernetes", [parseCidr("10.96.0.0/12"), parseCidr("fd00:96::/108")]]]),
  };
}

describe("stored objects", () => {
  let directory: string;
  let file: string;
  let clock: FakeClock;
  let log: ReturnType<typeof createRecordingLogger>;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), "kubesteer-objects-")), "run");
    file = join(directory, "objects.jsonl.gz");
    clock = new FakeClock();
    log = createRecordingLogger();
  });
  afterEach(() => rm(join(directory, ".."), { recursive: true }));

  function open(): StoredObjects {
    return new StoredObjects({ directory, clock, log });
  }

  /** As at the end of an agent. */
  async function store(what: CatalogObjects | undefined = objects): Promise<void> {
    const stored = open();
    stored.noteChange();
    const ended = new AbortController();
    const running = stored.run(() => what, ended.signal);
    ended.abort();
    await running;
  }

  const warnings = (): number => log.lines.filter(({ level }) => level === "warn").length;

  it("what was stored is read back equal in every field, also those that are undefined", async () => {
    await store();
    assert.deepEqual(await open().read(), { ...objects, storedAtMs: clock.now(), size: 6 });
    assert.equal(warnings(), 0);
  });

  it("the form of the file changes only together with its version", async () => {
    await store();
    const [header = "", ...lines] = gunzipSync(await readFile(file))
      .toString()
      .trimEnd()
      .split("\n");
    assert.deepEqual(JSON.parse(header), { version: 1, storedAtMs: clock.now() });
    const fields = lines.map((line): unknown => JSON.parse(line)).map(shapeOf);
    assert.deepEqual(fields[0], [
      "services",
      "default/web",
      "name createdAtMs labels clusterIPs externalIPs loadBalancerIPs loadBalancerSourceRanges ports " +
        "internalPolicyLocal externalPolicyLocal healthCheckNodePort affinityTimeoutSeconds problems",
    ]);
    assert.deepEqual(fields[2], [
      "endpointSlices",
      "default/0",
      "service family ports endpoints triggerTimeMs problems",
    ]);
    assert.match(
      lines[2] ?? "",
      /"endpoints":\[\{"address":"10.0.0.1","ready":false,"serving":true,"terminating":true,"weight":1,"nodeName":"worker-1","nodeHints":\["worker-1"\],"zoneHints":\["zone-a"\]\}/,
    );
  });

  it("nothing stored is no error", async () => {
    assert.equal(await open().read(), undefined);
    assert.equal(warnings(), 0);
  });

  it("a write replaces the file, leaves no other behind, and no other user may read it", async () => {
    await store();
    await store();
    assert.deepEqual(await readdir(directory), ["objects.jsonl.gz"]);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("changes of ten seconds are one write; without a change there is none", async () => {
    const stored = open();
    const ended = new AbortController();
    let collected = 0;
    const running = stored.run(() => ((collected += 1), objects), ended.signal);
    stored.noteChange();
    stored.noteChange();
    await clock.advance(9_999);
    assert.equal(collected, 0);
    await clock.advance(1);
    assert.equal(collected, 1);
    ended.abort();
    await running;
    assert.equal(collected, 1);
    assert.ok((await open().read()) !== undefined);
  });

  it("storing takes a hundredth of the time at most", async () => {
    let elapsedMs = 0;
    clock.monotonicMs = () => (elapsedMs += 500); // three times between the start and the end of a write
    const stored = open();
    const ended = new AbortController();
    let collected = 0;
    const running = stored.run(() => ((collected += 1), objects), ended.signal);
    stored.noteChange();
    await clock.advance(10_000);
    assert.equal(collected, 1);
    await waitUntil("the objects to be stored", () => clock.sleepers === 1);
    stored.noteChange();
    await clock.advance(149_999);
    assert.equal(collected, 1);
    await clock.advance(1);
    assert.equal(collected, 2);
    ended.abort();
    await running;
  });

  it("objects that are not complete replace nothing", async () => {
    await store();
    const before = await readFile(file);
    const stored = open();
    stored.noteChange();
    const ended = new AbortController();
    const running = stored.run(() => undefined, ended.signal);
    await clock.advance(60_000);
    ended.abort();
    await running;
    assert.deepEqual(await readFile(file), before);
  });

  it("a directory that cannot be made does no harm and is reported", async () => {
    await writeFile(directory, "a file");
    await store();
    assert.equal(warnings(), 1);
  });

  const damages: readonly (readonly [string, (whole: Buffer) => Buffer])[] = [
    ["a torn file", (whole) => whole.subarray(0, whole.length - 20)],
    ["an empty file", () => Buffer.alloc(0)],
    ["a file that is not compressed", () => Buffer.from("{}\n")],
    ["a file with another checksum", (whole) => replaceByte(whole, whole.length - 8)],
    ["a file with a changed byte", (whole) => replaceByte(whole, Math.floor(whole.length / 2))],
    [
      "a file of another version",
      (whole) => rewrite(whole, (text) => text.replace('"version":1', '"version":2')),
    ],
    ["other JSON", (whole) => rewrite(whole, () => "[]\n")],
    ["lines that are no JSON", (whole) => rewrite(whole, (text) => `${text}?\n`)],
  ];
  for (const [name, damage] of damages) {
    it(`${name} is ignored, which is logged once, and the next write repairs it`, async () => {
      await store();
      await writeFile(file, damage(await readFile(file)));
      assert.equal(await open().read(), undefined);
      assert.equal(warnings(), 1);
      await store();
      assert.equal((await open().read())?.size, 6);
    });
  }
});

function replaceByte(whole: Buffer, at: number): Buffer {
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at);
  return changed;
}

function rewrite(whole: Buffer, change: (text: string) => string): Buffer {
  return gzipSync(change(gunzipSync(whole).toString()));
}

function shapeOf(line: unknown): unknown {
  const [kind, key, kept] = line as readonly [string, string, object];
  return [kind, key, Object.keys(kept).join(" ")];
}
