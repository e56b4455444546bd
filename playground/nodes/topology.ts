import { readdir } from "node:fs/promises";
import { execa, ExecaError } from "execa";
import type { Logger } from "../../platform/log.ts";
import { waitUntil } from "../wait-until.ts";
import { addressingCommands, linkCommands, type IpBatch } from "./ip-commands.ts";
import { kernelSettingsScript } from "./kernel-settings.ts";
import { namespacesOf, planNetwork, type NetworkPlan } from "./network-plan.ts";

/** A small cluster's network on this machine: three nodes, six pods and an outside client as network namespaces. */
export interface Topology extends NetworkPlan {
  /** Removes every namespace and kills every process in them. Idempotent. */
  close(): Promise<void>;
}

/** The network could not be created. The message says what is missing and how to provide it. */
export class TopologyError extends Error {
  override readonly name = "TopologyError";
}

/**
 * Creates the network. First removes leftovers of an earlier run with the same prefix. Leaves nothing behind on failure and when
 * `signal` aborts.
 * @throws TopologyError if this machine does not support it.
 */
export async function createTopology(options: {
  readonly prefix: string;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}): Promise<Topology> {
  const { prefix, log, signal } = options;
  const plan = planNetwork(prefix);
  const missing = await missingForTopology();
  if (missing !== undefined) throw new TopologyError(missing);

  const startedAt = performance.now();
  await closeTopology(prefix);
  try {
    await createNamespaces(plan, signal);
  } catch (error) {
    await closeTopology(prefix);
    throw error;
  }
  log.info({ prefix, elapsedMs: Math.round(performance.now() - startedAt) }, "created the network");
  return { ...plan, close: () => closeTopology(prefix) };
}

/** What this process lacks to create network namespaces and how to provide it; undefined if it lacks nothing. */
export async function missingForTopology(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "network namespaces need root: run the command again with sudo";
  const answer = await execa("ip", ["netns", "list"], { reject: false });
  if (answer.code === "ENOENT") return "the command ip is missing: apt-get install iproute2";
  if (answer.failed) return `ip netns does not work on this machine: ${answer.stderr}`;
  return undefined;
}

/** Removes leftovers of any topology with this prefix, even of a crashed process. */
export async function closeTopology(prefix: string): Promise<void> {
  const present = new Set(await readNamespaces());
  const ours = namespacesOf(planNetwork(prefix)).filter((namespace) => present.has(namespace));
  if (ours.length === 0) return;
  await Promise.all(ours.map(endProcesses));
  await runBatch({ namespace: undefined, lines: ours.map((namespace) => `netns delete ${namespace}`) });
}

async function createNamespaces(plan: NetworkPlan, signal: AbortSignal | undefined): Promise<void> {
  const namespaces = namespacesOf(plan);
  const routers = new Set([plan.fabricNamespace, ...plan.nodes.map(({ namespace }) => namespace)]);
  await runBatch({ namespace: undefined, lines: namespaces.map((name) => `netns add ${name}`) }, signal);
  await Promise.all(
    namespaces.map((name) => applyKernelSettings(name, routers.has(name) ? "router" : "host", signal)),
  );
  await runBatch(linkCommands(plan), signal);
  await Promise.all(addressingCommands(plan).map((batch) => runBatch(batch, signal)));
  await Promise.all(namespaces.map(waitForCarrier));
}

/**
 * The kernel takes up to a second to detect that the other end of a link is up. A packet that is sent earlier is lost, and its
 * neighbour discovery is repeated only a second later.
 */
async function waitForCarrier(namespace: string): Promise<void> {
  await waitUntil(`carrier on the links of ${namespace}`, async () => {
    const { stdout } = await execa("ip", ["-n", namespace, "-oneline", "link"]);
    return !stdout.includes("NO-CARRIER");
  });
}

async function runBatch({ namespace, lines }: IpBatch, signal?: AbortSignal): Promise<void> {
  const enter = namespace === undefined ? [] : ["-n", namespace];
  await run("ip", [...enter, "-batch", "-"], `${lines.join("\n")}\n`, signal);
}

async function applyKernelSettings(
  namespace: string,
  role: "host" | "router",
  signal: AbortSignal | undefined,
): Promise<void> {
  await run("ip", ["netns", "exec", namespace, "sh", "-e"], kernelSettingsScript(role), signal);
}

async function run(
  command: string,
  args: readonly string[],
  input: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await execa(command, args, { input, ...(signal === undefined ? {} : { cancelSignal: signal }) });
  } catch (error) {
    if (!(error instanceof ExecaError) || error.isCanceled) throw error;
    throw new TopologyError(`cannot create the network: ${error.shortMessage}: ${String(error.stderr)}`, {
      cause: error,
    });
  }
}

async function readNamespaces(): Promise<readonly string[]> {
  try {
    return await readdir("/run/netns");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** Running programs keep a namespace alive. All programs in our namespaces are ours. */
async function endProcesses(namespace: string): Promise<void> {
  const { stdout } = await execa("ip", ["netns", "pids", namespace], { reject: false });
  for (const pid of stdout.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}
