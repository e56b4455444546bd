import assert from "node:assert/strict";
import { OwnWrites } from "../../../../operator/watch/own-writes.ts";
import { resources } from "../../../../platform/kube/resources.ts";

const { nodeProxies, proxyConfigs } = resources;

const shows = (writes: OwnWrites, resourceVersion: string, kind: "list" | "change" = "change") =>
  writes.progressed(nodeProxies.plural, { kind, resourceVersion });

const rows: readonly {
  readonly rule: string;
  readonly happens: (writes: OwnWrites) => void;
  readonly shown: boolean;
}[] = [
  { rule: "without writes all is shown", happens: () => {}, shown: true },
  { rule: "an answer is waited for", happens: (writes) => writes.answered(nodeProxies, "10"), shown: false },
  {
    rule: "what came before does not end the wait",
    happens: (writes) => {
      writes.answered(nodeProxies, "10");
      shows(writes, "9");
    },
    shown: false,
  },
  {
    rule: "the version itself ends it",
    happens: (writes) => {
      writes.answered(nodeProxies, "10");
      shows(writes, "10");
    },
    shown: true,
  },
  {
    rule: "a later version ends it",
    happens: (writes) => {
      writes.answered(nodeProxies, "9");
      shows(writes, "10");
    },
    shown: true,
  },
  {
    rule: "what was shown before the answer came is not waited for",
    happens: (writes) => {
      shows(writes, "10");
      writes.answered(nodeProxies, "10");
    },
    shown: true,
  },
  {
    rule: "of several answers the newest is waited for, in whatever order they come",
    happens: (writes) => {
      writes.answered(nodeProxies, "10");
      writes.answered(nodeProxies, "9");
      shows(writes, "9");
    },
    shown: false,
  },
  {
    rule: "each resource is waited for",
    happens: (writes) => {
      writes.answered(nodeProxies, "9");
      writes.answered(proxyConfigs, "10");
      shows(writes, "10");
    },
    shown: false,
  },
  {
    rule: "a list ends it also where the server has gone back to an earlier version",
    happens: (writes) => {
      writes.answered(nodeProxies, "10");
      shows(writes, "5", "list");
    },
    shown: true,
  },
];

describe("OwnWrites", () => {
  for (const { rule, happens, shown } of rows) {
    it(rule, () => {
      const writes = new OwnWrites();
      happens(writes);
      assert.equal(writes.areShown, shown);
    });
  }

  it("reports once that all is shown", () => {
    const writes = new OwnWrites();
    assert.equal(shows(writes, "1"), false);
    writes.answered(nodeProxies, "2");
    writes.answered(nodeProxies, "3");
    assert.deepEqual([shows(writes, "2"), shows(writes, "3"), shows(writes, "4")], [false, true, false]);
  });
});
