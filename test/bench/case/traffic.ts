import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { answeringCIDR, endpointPort, servicePort } from "../cluster/workload.ts";
import { percentile } from "../percentile.ts";
import { NetworkPeer } from "../traffic/network-peer.ts";
import { startWebServer } from "../traffic/web-server.ts";
import { note, progress, report, type RunningCase } from "./running-case.ts";

const rateRounds = 5;
const secondsPerRound = 2;
const serverStartMs = 10_000;
const timedConnections = 2_000;
const connectTimer = join(import.meta.dirname, "../traffic/connect-timer.ts");

/**
 * Connections from a pod of this node to a server on another host, alternately through the last Service and directly to one of
 * its endpoints. The rate counts complete HTTP requests with one connection each, in a closed loop of 32. Client and server
 * have one CPU each if there are two.
 */
export async function measureTraffic(running: RunningCase): Promise<void> {
  const tool = await missingTool();
  if (tool !== undefined) {
    note(running, `traffic is not measured: apt-get install ${tool}`);
    return;
  }
  progress("connections");
  await using stack = new AsyncDisposableStack();
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1"); // in this namespace
  const link = { name: "pod", address: "10.254.0.2/24", nodeAddress: "10.254.0.1/24" };
  const client = stack.adopt(await NetworkPeer.create(link), (peer) => peer.close());
  const serverLink = { name: "fabric", address: "10.254.254.2/30", nodeAddress: "10.254.254.1/30" };
  const server = stack.adopt(await NetworkPeer.create(serverLink), (peer) => peer.close());
  await execa("ip", ["route", "delete", "local", answeringCIDR, "dev", "lo"]);
  await execa("ip", ["route", "add", answeringCIDR, "via", "10.254.254.2"]);
  await run([...server.enter(), "ip", "route", "add", "local", answeringCIDR, "dev", "lo"]);
  await run([...client.enter(), "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535"]);
  const place = [...server.enter(), ...onCpu(1)];
  const nginx = await startWebServer(place, join(running.folder, "nginx"));
  stack.defer(async () => {
    nginx.kill("SIGKILL");
    await once(nginx, "exit");
  });

  const service = running.cluster.probedServices.at(-1);
  const [endpoint] = service?.endpointAddresses ?? [];
  if (service === undefined || endpoint === undefined) throw new Error("no Service to connect to");
  await running.probe.untilReachable(service.clusterIP, serverStartMs);
  const targets = [`${service.clusterIP}:${servicePort}`, `${endpoint}:${endpointPort}`] as const;
  await reportRates(running, [...client.enter(), ...onCpu(0)], targets);
  await reportConnectTimes(running, client.enter(), targets);
}

type Targets = readonly [service: string, direct: string];

async function reportRates(running: RunningCase, place: readonly string[], targets: Targets): Promise<void> {
  const [service, direct] = targets;
  await measureRate(place, direct); // warms up nginx and the neighbour tables
  const rounds: { readonly service: number; readonly direct: number }[] = [];
  for (let round = 0; round < rateRounds; round += 1) {
    const first = round % 2 === 0 ? service : direct;
    const rates = new Map<string, number>();
    for (const target of [first, first === service ? direct : service]) {
      rates.set(target, await measureRate(place, target));
    }
    rounds.push({ service: rates.get(service) ?? 0, direct: rates.get(direct) ?? 0 });
  }
  report(running, {
    connections_per_second: median(rounds.map((round) => round.service)),
    direct_connections_per_second: median(rounds.map((round) => round.direct)),
    connection_rate_percent: median(rounds.map((round) => (100 * round.service) / round.direct)),
  });
}

function median(values: readonly number[]): number {
  return percentile(values, 50);
}

async function measureRate(place: readonly string[], target: string): Promise<number> {
  const load = ["wrk", "-t1", "-c32", `-d${secondsPerRound}s`, "-H", "Connection: close"];
  const output = await run([...place, ...load, `http://${target}/`]);
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(output) ?? [];
  if (rate === undefined || /Socket errors|Non-2xx/.test(output)) {
    throw new Error(`requests to ${target} failed: ${output}`);
  }
  return Number(rate);
}

async function reportConnectTimes(
  running: RunningCase,
  place: readonly string[],
  targets: Targets,
): Promise<void> {
  const command = [process.execPath, connectTimer, String(timedConnections), ...targets];
  const [service = [], direct = []] = parseDurations(await run([...place, ...command]));
  report(running, {
    first_packet_p50_milliseconds: percentile(service, 50),
    first_packet_p99_milliseconds: percentile(service, 99),
    direct_first_packet_p50_milliseconds: percentile(direct, 50),
    direct_first_packet_p99_milliseconds: percentile(direct, 99),
  });
}

/** No validation: the text comes from our own program. */
function parseDurations(json: string): readonly (readonly number[])[] {
  return JSON.parse(json) as readonly (readonly number[])[];
}

async function missingTool(): Promise<string | undefined> {
  const tools = { wrk: "wrk", nginx: "nginx-light", taskset: "util-linux", sysctl: "procps" };
  for (const [tool, debianPackage] of Object.entries(tools)) {
    const { failed } = await execa("which", [tool], { reject: false });
    if (failed) return debianPackage;
  }
  return undefined;
}

/** Separate CPUs for client and server, if there are two. */
function onCpu(number: 0 | 1): readonly string[] {
  return availableParallelism() < 2 ? [] : ["taskset", "--cpu-list", String(number)];
}

async function run([command = "", ...args]: readonly string[]): Promise<string> {
  const { stdout } = await execa(command, args);
  return stdout;
}
