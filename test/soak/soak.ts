import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ManagedProcess } from "../../playground/managed-process.ts";
import { type Load, startLoad } from "../../playground/nodes/load.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import type { AgentNode } from "../support/agent-node.ts";
import { readKernelState } from "../support/kernel-state.ts";
import { changeSomething } from "./churn.ts";
import { Random } from "./random.ts";
import { SoakStage, stableAddress } from "./soak-stage.ts";

const namespace = `kssoak${process.pid}`;
/** Limit for garbage, compiled code and fragmentation; in a long run, a leak of one object per change exceeds it. */
const mostGrowthMebibytes = 48;
/** Recurring external flushes are repaired at increasing intervals. */
const flushPeriodMs = 35_000;
const killPeriodMs = 9_000;

interface Totals {
  changes: number;
  requests: number;
  agentKills: number;
  apiKills: number;
  readonly repairsMs: number[];
}

export interface SoakOptions {
  readonly seconds: number;
  /** Seed of all random choices. */
  readonly seed: number;
  readonly print: (line: string) => void;
}

/**
 * Runs an agent under random changes, kills of the agent and of the API server, and external flushes, while a client sends
 * requests to a Service that never changes. Needs root.
 * @throws if a request fails or the first packet of a connection is lost outside a flush, if a flush is not repaired in time, if the
 *   final kernel state differs from that of a freshly started agent, or if memory grows
 */
export async function runSoak({ seconds, seed, print }: SoakOptions): Promise<void> {
  await using stage = await SoakStage.create();
  const node = await stage.createNode(namespace);
  const agent = stage.createAgent(node, namespace);
  agent.start();
  await untilServed(node);

  const totals: Totals = { changes: 0, requests: 0, agentKills: 0, apiKills: 0, repairsMs: [] };
  const random = new Random(seed);
  const startMs = performance.now();
  const elapsedMs = (): number => performance.now() - startMs;
  const endMs = seconds * 1_000;
  // There are no kills after this time, so that memory is that of one process.
  const halfMs = endMs / 2;
  let nextKillMs = killPeriodMs;
  let nextFlushMs = flushPeriodMs / 2;
  let halfwayMebibytes: number | undefined;
  let load = startTraffic(seconds);
  while (elapsedMs() < endMs) {
    await changeSomething(stage.client, random);
    totals.changes += 1;
    if (elapsedMs() > nextKillMs && elapsedMs() < halfMs) {
      await killSomething(stage, agent, totals);
      nextKillMs = elapsedMs() + killPeriodMs;
    } else if (elapsedMs() > nextFlushMs) {
      await endTraffic(load, totals);
      totals.repairsMs.push(await flush(node));
      load = startTraffic(seconds);
      nextFlushMs = elapsedMs() + flushPeriodMs;
    } else if (halfwayMebibytes === undefined && elapsedMs() > halfMs + 5_000) {
      halfwayMebibytes = rssMebibytes(agent);
    }
  }
  await endTraffic(load, totals);

  const growthMebibytes = rssMebibytes(agent) - (halfwayMebibytes ?? NaN);
  const fresh = await stage.createNode(`${namespace}f`);
  stage.createAgent(fresh, `${namespace}f`).start();
  await untilServed(fresh);
  let states: readonly (readonly string[])[] = [];
  await waitUntil("equal kernels", async () => {
    states = await Promise.all([readKernelState(namespace), readKernelState(`${namespace}f`)]);
    return JSON.stringify(states[0]) === JSON.stringify(states[1]);
  }).catch(() => assert.deepEqual(states[0], states[1]));
  print(summarise(totals, growthMebibytes, states[0] ?? []));
  assert.ok(
    totals.repairsMs.every((ms) => ms < 2_000),
    `repaired after ${totals.repairsMs.join(", ")} ms`,
  );
  assert.ok(growthMebibytes < mostGrowthMebibytes, `grew by ${growthMebibytes} MiB`);
  assert.ok(totals.changes > seconds * 10, `only ${totals.changes} changes`);
}

function startTraffic(seconds: number): Load {
  const target = { protocol: "TCP", address: stableAddress, port: 80, intervalMs: 5, workers: 2 } as const;
  return startLoad({ ...target, namespace, durationMs: seconds * 2_000 });
}

async function endTraffic(load: Load, totals: Totals): Promise<void> {
  const { requests, failed, failures, resentSyns } = await load.stop();
  assert.equal(failed, 0, `${failed} of ${requests} requests failed: ${JSON.stringify(failures)}`);
  assert.equal(resentSyns, 0, `${resentSyns} first packets of ${requests} connections were lost`);
  totals.requests += requests;
}

async function killSomething(stage: SoakStage, agent: ManagedProcess, totals: Totals): Promise<void> {
  if (totals.agentKills <= totals.apiKills) {
    totals.agentKills += 1;
    await agent.restart("SIGKILL");
  } else {
    totals.apiKills += 1;
    await stage.apiServer.stop("SIGKILL");
    await stage.startApiServer();
  }
}

/** Removes our tables like an external process; resolves to the milliseconds until packets arrive again. */
async function flush(node: AgentNode): Promise<number> {
  await untilServed(node);
  await node.run("nft", ["flush", "ruleset"]);
  const flushedMs = performance.now();
  await untilServed(node);
  return Math.round(performance.now() - flushedMs);
}

async function untilServed(node: AgentNode): Promise<void> {
  const url = `http://${stableAddress}/`;
  await waitUntil(
    "an answer of the stable Service",
    async () => (await node.run("curl", ["--silent", "--max-time", "0.2", url])) !== "",
    { intervalMs: 20 },
  );
}

function rssMebibytes({ pid }: ManagedProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

function summarise(totals: Totals, growthMebibytes: number, state: readonly string[]): string {
  const { changes, requests, agentKills, apiKills, repairsMs } = totals;
  const elements = state.join("\n").split("\n  ").length - 1;
  return (
    `${changes} changes, ${requests} requests of which 0 failed, ${agentKills} kills of the agent, ` +
    `${apiKills} of the API server, flushes repaired after ${repairsMs.join(", ") || "-"} ms, ` +
    `${elements} elements equal to those of a fresh start, memory ${growthMebibytes} MiB more than halfway`
  );
}
