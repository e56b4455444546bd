import assert from "node:assert/strict";
import type { ProbeResult } from "../../../playground/nodes/prober.ts";
import { judgeProbe } from "../../packets/judge-probe.ts";
import { clusterIP, type SourceName } from "../../scenarios/addresses.ts";
import { answeredBy, at, dropped, refused, unserved, type Outcome } from "../../scenarios/scenario.ts";

const own = "10.244.1.11"; // pod1b
const nodeAddresses = ["192.0.2.11", "10.244.1.1"];

/** Answers in this order, each seeing `peer`. */
function answers(sequence: readonly string[], peer = own, port = 8080): ProbeResult {
  const counts = new Map<string, number>();
  for (const backend of sequence) counts.set(backend, (counts.get(backend) ?? 0) + 1);
  return {
    answers: Object.fromEntries(
      [...counts].map(([backend, count]) => [backend, { count, peers: [peer], ports: [port] }]),
    ),
    failures: {},
    sequence,
  };
}

function divided(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).flatMap(([backend, count]) => Array.from({ length: count }, () => backend));
}

function failures(reasons: Readonly<Record<string, number>>): ProbeResult {
  return { answers: {}, failures: reasons, sequence: [] };
}

function isRight(expect: Outcome, result: ProbeResult, from: SourceName = "pod1b"): boolean {
  const probe = { from, to: at(clusterIP(1), 80), expect };
  return judgeProbe({ probe, family: "IPv4", result, programmed: ["node1"] }).length === 0;
}

const two = ["pod1a", "pod2a"] as const;

const rows: readonly {
  readonly name: string;
  readonly expect: Outcome;
  readonly result: ProbeResult;
  readonly right: boolean;
}[] = [
  { name: "refused by reset or ICMP", expect: refused, result: failures({ ECONNREFUSED: 3 }), right: true },
  {
    name: "refused is not silence",
    expect: refused,
    result: failures({ ECONNREFUSED: 2, timeout: 1 }),
    right: false,
  },
  { name: "refused is not an answer", expect: refused, result: answers(["pod1a"]), right: false },
  { name: "dropped is silence", expect: dropped, result: failures({ timeout: 3 }), right: true },
  { name: "dropped is not a refusal", expect: dropped, result: failures({ ECONNREFUSED: 1 }), right: false },
  {
    name: "unserved is any failure",
    expect: unserved,
    result: failures({ EHOSTUNREACH: 1, timeout: 2 }),
    right: true,
  },
  { name: "unserved is not an answer", expect: unserved, result: answers(["pod1a"]), right: false },
  {
    name: "every backend answered",
    expect: answeredBy(two),
    result: answers(["pod1a", "pod2a"]),
    right: true,
  },
  {
    name: "a backend is missing",
    expect: answeredBy(two),
    result: answers(["pod1a", "pod1a"]),
    right: false,
  },
  {
    name: "a backend too many",
    expect: answeredBy(["pod1a"]),
    result: answers(["pod1a", "pod2a"]),
    right: false,
  },
  {
    name: "one request of many failed",
    expect: answeredBy(["pod1a"]),
    result: { ...answers(["pod1a"]), failures: { timeout: 1 } },
    right: false,
  },
  {
    name: "always the same one",
    expect: answeredBy(two, { spread: "one" }),
    result: answers(["pod2a", "pod2a"]),
    right: true,
  },
  {
    name: "not always the same one",
    expect: answeredBy(two, { spread: "one" }),
    result: answers(["pod2a", "pod1a"]),
    right: false,
  },
  {
    name: "strictly in turn, whoever is first",
    expect: answeredBy(two, { spread: "turns" }),
    result: answers(["pod2a", "pod1a", "pod2a", "pod1a"]),
    right: true,
  },
  {
    name: "one twice in a row is not in turn",
    expect: answeredBy(two, { spread: "turns" }),
    result: answers(["pod2a", "pod1a", "pod1a", "pod2a"]),
    right: false,
  },
  {
    name: "in turn by shares, wherever the cycle is entered",
    expect: answeredBy(two, { spread: "turns", shares: { pod1a: 2, pod2a: 1 } }),
    result: answers(["pod1a", "pod2a", "pod1a", "pod1a", "pod2a", "pod1a"]),
    right: true,
  },
  {
    name: "a cycle with other shares",
    expect: answeredBy(two, { spread: "turns", shares: { pod1a: 2, pod2a: 1 } }),
    result: answers(["pod2a", "pod2a", "pod1a", "pod2a", "pod2a", "pod1a"]),
    right: false,
  },
  {
    name: "an even division where shares were asked for",
    expect: answeredBy(two, { spread: "even", shares: { pod1a: 3, pod2a: 1 } }),
    result: answers(Array.from({ length: 600 }, (_, index) => (index % 2 === 0 ? "pod1a" : "pod2a"))),
    right: false,
  },
  {
    name: "a division by shares",
    expect: answeredBy(two, { spread: "even", shares: { pod1a: 3, pod2a: 1 } }),
    result: answers(Array.from({ length: 600 }, (_, index) => (index % 4 === 0 ? "pod2a" : "pod1a"))),
    right: true,
  },
  {
    name: "what chance does to an even division",
    expect: answeredBy(two, { spread: "even" }),
    result: answers(divided({ pod1a: 325, pod2a: 275 })),
    right: true,
  },
  {
    name: "two thirds to one third is not even",
    expect: answeredBy(two, { spread: "even" }),
    result: answers(divided({ pod1a: 400, pod2a: 200 })),
    right: false,
  },
  {
    name: "the client's own address is seen",
    expect: answeredBy(["pod1a"], { sees: "client" }),
    result: answers(["pod1a"], own),
    right: true,
  },
  {
    name: "an address of the node is not the client's own",
    expect: answeredBy(["pod1a"], { sees: "client" }),
    result: answers(["pod1a"], nodeAddresses[0]),
    right: false,
  },
  ...nodeAddresses.map((address) => ({
    name: `${address} is an address of the node`,
    expect: answeredBy(["pod1a"], { sees: "node" }),
    result: answers(["pod1a"], address),
    right: true,
  })),
  {
    name: "the client's address is not one of the node",
    expect: answeredBy(["pod1a"], { sees: "node" }),
    result: answers(["pod1a"], own),
    right: false,
  },
  {
    name: "who sees what may differ by backend",
    expect: answeredBy(["pod1a"], { sees: { pod1a: "node", pod2a: "client" } }),
    result: answers(["pod1a"], own),
    right: false,
  },
  {
    name: "another port was asked",
    expect: answeredBy(["pod1a"], { port: 9090 }),
    result: answers(["pod1a"], own, 8080),
    right: false,
  },
];

describe("judgeProbe", () => {
  for (const { name, expect, result, right } of rows) {
    it(name, () => assert.equal(isRight(expect, result), right));
  }

  it("says what was expected and what happened", () => {
    const probe = { from: "client", to: at(clusterIP(1), 80), expect: refused } as const;
    const result = { ...answers(["pod1a"]), failures: { timeout: 2 } };
    assert.deepEqual(judgeProbe({ probe, family: "IPv4", result, programmed: ["node1"] }), [
      "should be refused, but got 1 × pod1a, 2 × timeout",
    ]);
  });
});
