import { assertNever } from "../../platform/assert-never.ts";
import { systemClock } from "../../platform/async/clock.ts";
import type { IpFamily } from "../../platform/ip/address.ts";
import type { ProbeJob, ProbeResult } from "../../playground/nodes/prober.ts";
import { addressOf, inFamily } from "../scenarios/addresses.ts";
import type { Destination, Outcome, Probe, Scenario, Step } from "../scenarios/scenario.ts";
import { judgeProbe } from "./judge-probe.ts";
import type { Stage } from "./stage.ts";

export const families: readonly IpFamily[] = ["IPv4", "IPv6"];

/** What went wrong in each family, one line each. */
export type Complaints = Readonly<Record<IpFamily, readonly string[]>>;

/** Plays all steps of a scenario, both families at the same time, and removes its Services afterwards. */
export async function playScenario(stage: Stage, { steps }: Scenario): Promise<Complaints> {
  const complaints: Record<IpFamily, string[]> = { IPv4: [], IPv6: [] };
  try {
    for (const step of steps) {
      await stage.program(step);
      if (step.waitMs !== undefined) await systemClock.sleep(step.waitMs);
      const found = await Promise.all(families.map((family) => probeFamily(stage, step, family)));
      families.forEach((family, index) => complaints[family].push(...(found[index] ?? [])));
    }
  } finally {
    await stage.clear();
  }
  return complaints;
}

async function probeFamily(stage: Stage, step: Step, family: IpFamily): Promise<readonly string[]> {
  const probes = step.probes.filter(({ families: wanted = families }) => wanted.includes(family));
  const complaints = await Promise.all(
    probes.map(async (probe) => {
      const result = await ask(stage, probe, family);
      const programmed = step.programmed ?? ["node1"];
      const wrong = judgeProbe({ probe, family, result, programmed });
      return wrong.map((sentence) => `${describeProbe(step, probe, family)} ${sentence}`);
    }),
  );
  return complaints.flat();
}

function describeProbe({ name }: Step, { from, to }: Probe, family: IpFamily): string {
  const when = name === undefined ? "" : `when ${name}, `;
  return `${when}${from} → ${inFamily(to.address, family)} port ${to.port}/${to.protocol}`;
}

async function ask(stage: Stage, probe: Probe, family: IpFamily): Promise<ProbeResult> {
  const destinations = [probe.to, ...(probe.alsoTo ?? [])];
  const prober = stage.proberOf(probe.from);
  const results = await Promise.all(destinations.map((to) => prober.probe(jobOf(probe, to, family))));
  return results.reduce(mergeResults);
}

function jobOf(probe: Probe, to: Destination, family: IpFamily): ProbeJob {
  const { expect, intervalMs = 0 } = probe;
  const inOrder = intervalMs > 0 || (expect.kind === "answered" && expect.spread === "turns");
  return {
    protocol: to.protocol,
    address: inFamily(to.address, family),
    port: to.port,
    sourceAddress: inFamily(addressOf(probe.from), family),
    count: probe.count ?? requestsFor(expect),
    concurrency: inOrder ? 1 : 8,
    intervalMs,
    timeoutMs: expect.kind === "answered" || expect.kind === "refused" ? 3_000 : 500,
  };
}

/** So many that a backend that should be met is missed less than once in a million probes. */
function requestsFor(expect: Outcome): number {
  if (expect.kind !== "answered") return 3;
  const backends = expect.by.length;
  switch (expect.spread) {
    case "every":
      return backends === 1 ? 4 : Math.ceil(Math.log(1e-6 / backends) / Math.log(1 - 1 / backends));
    case "even":
      return 600;
    case "turns":
      return 10 * cycleLength(expect);
    case "one":
    case "several":
      return 20;
    default:
      return assertNever(expect.spread);
  }
}

function cycleLength({ by, shares }: Extract<Outcome, { kind: "answered" }>): number {
  return by.reduce((sum, backend) => sum + (shares[backend] ?? 1), 0);
}

function mergeResults(one: ProbeResult, other: ProbeResult): ProbeResult {
  const answers = { ...one.answers };
  for (const [backend, seen] of Object.entries(other.answers)) {
    const earlier = answers[backend] ?? { count: 0, peers: [], ports: [] };
    answers[backend] = {
      count: earlier.count + seen.count,
      peers: [...earlier.peers, ...seen.peers],
      ports: [...earlier.ports, ...seen.ports],
    };
  }
  const failures = { ...one.failures };
  for (const [reason, count] of Object.entries(other.failures)) {
    failures[reason] = (failures[reason] ?? 0) + count;
  }
  return { answers, failures, sequence: [...one.sequence, ...other.sequence] };
}
