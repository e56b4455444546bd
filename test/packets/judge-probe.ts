import { assertNever } from "../../platform/assert-never.ts";
import type { IpFamily } from "../../platform/ip/address.ts";
import type { ProbeResult } from "../../playground/nodes/prober.ts";
import { addressOf, inFamily, nodeNamed, type BackendName, type NodeName } from "../scenarios/addresses.ts";
import type { Outcome, Probe, Seen } from "../scenarios/scenario.ts";

/** The kernel answers a local sender of UDP with EPERM, whether it rejects or drops the packet. */
const refusals: ReadonlySet<string> = new Set(["ECONNREFUSED", "EPERM"]);
const silences: ReadonlySet<string> = new Set(["timeout", "EPERM"]);

/** What is wrong with the result of a probe, one sentence each; empty when it is as expected. */
export function judgeProbe(facts: {
  readonly probe: Probe;
  readonly family: IpFamily;
  readonly result: ProbeResult;
  readonly programmed: readonly NodeName[];
}): readonly string[] {
  const { expect } = facts.probe;
  const { answers, failures } = facts.result;
  const reasons = Object.keys(failures);
  const isUnanswered = Object.keys(answers).length === 0;
  switch (expect.kind) {
    case "refused":
      return complain(
        isUnanswered && reasons.every((reason) => refusals.has(reason)),
        "refused",
        facts.result,
      );
    case "dropped":
      return complain(
        isUnanswered && reasons.every((reason) => silences.has(reason)),
        "dropped",
        facts.result,
      );
    case "unserved":
      return complain(isUnanswered, "served by no endpoint", facts.result);
    case "answered":
      return [
        ...complain(
          reasons.length === 0 && isSpread(expect, facts.result),
          `answered by ${expect.by.map((name) => withShare(name, expect)).join(", ")} (${expect.spread})`,
          facts.result,
        ),
        ...wrongSources(facts, expect.sees),
        ...wrongPorts(expect, facts.result),
      ];
    default:
      return assertNever(expect);
  }
}

function complain(isRight: boolean, expected: string, { answers, failures }: ProbeResult): readonly string[] {
  if (isRight) return [];
  const counts = Object.entries(answers).map(([backend, { count }]) => `${count} × ${backend}`);
  const errors = Object.entries(failures).map(([reason, count]) => `${count} × ${reason}`);
  return [`should be ${expected}, but got ${[...counts, ...errors].join(", ") || "nothing"}`];
}

type Answered = Extract<Outcome, { kind: "answered" }>;

function withShare(backend: BackendName, { shares }: Answered): string {
  const share = shares[backend];
  return share === undefined ? backend : `${share} × ${backend}`;
}

function isSpread({ spread, by, shares }: Answered, { answers, sequence }: ProbeResult): boolean {
  const backends: readonly string[] = by;
  const total = by.reduce((sum, backend) => sum + (shares[backend] ?? 1), 0);
  const answered = Object.keys(answers);
  if (answered.some((backend) => !backends.includes(backend))) return false;
  switch (spread) {
    case "every":
      return answered.length === by.length;
    case "one":
      return answered.length === 1;
    case "several":
      return answered.length > 1;
    case "even":
      return by.every((backend) =>
        isNear(answers[backend]?.count ?? 0, sequence.length, (shares[backend] ?? 1) / total),
      );
    case "turns":
      return (
        sequence.every((backend, index) => index < total || backend === sequence[index - total]) &&
        by.every((backend) => {
          const cycle = sequence.slice(0, total);
          return cycle.filter((name) => name === backend).length === (shares[backend] ?? 1);
        })
      );
    default:
      return assertNever(spread);
  }
}

/** Within five standard deviations of a choice by chance: wrong once in a million probes. */
function isNear(count: number, requests: number, share: number): boolean {
  const deviation = Math.sqrt(requests * share * (1 - share));
  return Math.abs(count - requests * share) <= 5 * deviation;
}

function wrongSources(
  { probe, family, result, programmed }: Parameters<typeof judgeProbe>[0],
  sees: Seen | undefined,
): readonly string[] {
  if (sees === undefined) return [];
  const nodeAddresses = programmed.flatMap((name) => {
    const node = nodeNamed(name);
    return [inFamily(node, family), inFamily(node.podGateway, family)];
  });
  return Object.entries(result.answers).flatMap(([backend, { peers }]) => {
    const expected = typeof sees === "string" ? sees : sees[backend as BackendName];
    const allowed = expected === "node" ? nodeAddresses : [inFamily(addressOf(probe.from), family)];
    const wrong = peers.filter((peer) => !allowed.includes(peer));
    if (expected === undefined || wrong.length === 0) return [];
    return [
      `${backend} should see the ${expected}'s address ${allowed.join(" or ")}, but sees ${wrong.join(", ")}`,
    ];
  });
}

function wrongPorts(
  { port }: Extract<Outcome, { kind: "answered" }>,
  { answers }: ProbeResult,
): readonly string[] {
  if (port === undefined) return [];
  return Object.entries(answers)
    .filter(([, { ports }]) => ports.some((asked) => asked !== port))
    .map(
      ([backend, { ports }]) =>
        `${backend} should be asked on port ${port}, but is asked on ${ports.join(", ")}`,
    );
}
