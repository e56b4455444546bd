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
/** Collected garbage, compiled code and fragmentation; a leak of one object per change is more in a long run. */
const mostGrowthMebibytes = 48;
/** Somebody who flushes again and again is answered ever more slowly. */
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
  /** Decides about all that is random. */
  readonly seed: number;
  readonly print: (line: string) => void;
}

/**
 * An agent under random changes, kills of itself and of the API server, and foreign flushes, while a client keeps asking a
 * Service that nothing happens to. Needs root.
 * @throws when a request fails or the first packet of a connection is lost outside a flush, when a flush is not repaired in
 *   time, when the kernel ends different from that of an agent that has just been started, or when memory grows
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
  // Kills are over by then, so that memory is that of one process.
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

/** Removes our tables as a stranger would; resolves with the milliseconds until packets arrive again. */
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
