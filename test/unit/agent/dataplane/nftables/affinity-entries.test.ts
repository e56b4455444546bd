import assert from "node:assert/strict";
import {
  correctEntries,
  parseAffinityEntries,
  type AffinityEntry,
} from "../../../../../agent/dataplane/nftables/affinity-entries.ts";

const listed = {
  nftables: [
    { metainfo: { version: "1.0.6" } },
    {
      map: {
        name: "aff-tcp",
        elem: [
          [
            { elem: { val: { concat: ["192.0.2.1", "10.96.0.1", 80] }, timeout: 10, expires: 9 } },
            { concat: ["10.244.1.2", 8080] },
          ],
          [{ elem: { val: "fd00::1", timeout: 10, expires: 4 } }, "fd44::2"],
          ["of another form", 3],
        ],
      },
    },
  ],
};

describe("parseAffinityEntries", () => {
  it("reads what nft lists of IPv4 and IPv6 maps and leaves out the rest", () => {
    assert.deepEqual(parseAffinityEntries(JSON.stringify(listed)), [
      { key: "192.0.2.1 . 10.96.0.1 . 80", endpoint: "10.244.1.2 . 8080", expiresSeconds: 9 },
      { key: "fd00::1", endpoint: "fd44::2", expiresSeconds: 4 },
    ]);
  });

  it("reads a map without entries", () => {
    assert.deepEqual(parseAffinityEntries(JSON.stringify({ nftables: [{ map: { name: "aff-tcp" } }] })), []);
  });

  it("throws on what is not nft's JSON", () => {
    assert.throws(() => parseAffinityEntries("{}"), SyntaxError);
  });
});

const entry = (overrides: Partial<AffinityEntry> = {}): AffinityEntry => ({
  key: "192.0.2.1 . 10.96.0.1 . 80",
  endpoint: "10.244.1.2 . 8080",
  expiresSeconds: 30,
  ...overrides,
});

describe("correctEntries", () => {
  const memory = {
    map: "aff-tcp",
    frontend: "10.96.0.1 . 80",
    endpoints: new Set(["10.244.1.2 . 8080"]),
    timeoutSeconds: 60,
  };
  const ofAnother = entry({ key: "192.0.2.1 . 10.96.0.9 . 80" });

  it("keeps an entry of a usable endpoint", () => {
    assert.deepEqual(correctEntries([entry()], [memory], "forget"), []);
  });

  it("forgets an entry of an endpoint that is gone", () => {
    const gone = entry({ endpoint: "10.244.1.9 . 8080" });
    assert.deepEqual(correctEntries([gone], [memory], "keep"), [{ kind: "forget", entry: gone }]);
  });

  it("shortens an entry that outlives the timeout", () => {
    const long = entry({ expiresSeconds: 61 });
    assert.deepEqual(correctEntries([long], [memory], "keep"), [
      { kind: "shorten", entry: long, timeoutSeconds: 60 },
    ]);
  });

  it("keeps or forgets entries of unknown frontends as requested", () => {
    assert.deepEqual(correctEntries([ofAnother], [memory], "keep"), []);
    assert.deepEqual(correctEntries([ofAnother], [memory], "forget"), [{ kind: "forget", entry: ofAnother }]);
  });

  it("judges every entry of a map that belongs to one service port", () => {
    const own = { ...memory, frontend: undefined, endpoints: new Set(["fd44::2"]) };
    const entries = [
      entry({ key: "fd00::1", endpoint: "fd44::2" }),
      entry({ key: "fd00::1", endpoint: "fd44::9" }),
    ];
    assert.deepEqual(correctEntries(entries, [own], "keep"), [{ kind: "forget", entry: entries[1] }]);
  });
});
