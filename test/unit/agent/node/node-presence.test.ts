import assert from "node:assert/strict";
import { nextPresence, type NodePresence } from "../../../../agent/node/node-presence.ts";

const staying: NodePresence = { kind: "present", leaving: undefined };
const leaving: NodePresence = { kind: "present", leaving: "the Node is being deleted" };
const absent: NodePresence = { kind: "absent" };

describe("presence of the Node", () => {
  const rows: readonly {
    readonly rule: string;
    readonly before: NodePresence;
    readonly observed: { readonly leaving: string | undefined } | undefined;
    readonly after: NodePresence;
  }[] = [
    { rule: "is that of the Node that is there", before: absent, observed: staying, after: staying },
    { rule: "changes with the Node", before: staying, observed: leaving, after: leaving },
    {
      rule: "is none where there is no Node",
      before: { kind: "unknown" },
      observed: undefined,
      after: absent,
    },
    { rule: "stays none where there is still no Node", before: absent, observed: undefined, after: absent },
    { rule: "outlives the Node", before: staying, observed: undefined, after: staying },
    { rule: "outlives a Node that was to leave", before: leaving, observed: undefined, after: leaving },
    { rule: "is that of a Node that was created again", before: leaving, observed: staying, after: staying },
  ];
  for (const { rule, before, observed, after } of rows) {
    it(rule, () => assert.deepEqual(nextPresence(before, observed), after));
  }
});
