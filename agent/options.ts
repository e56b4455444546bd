import { hostname } from "node:os";
import { isAbsolute } from "node:path";
import { parseArgs } from "node:util";
import { errorMessage, TerminalError } from "../platform/errors.ts";
import { logLevels, type LogLevel } from "../platform/logger.ts";

/** Everything that can be set from outside, read once at the start. */
export interface AgentOptions {
  /** undefined: the service account of the pod. */
  readonly kubeconfigFile: string | undefined;
  /** API server URL in place of the one in the kubeconfig. */
  readonly server: string | undefined;
  readonly nodeName: string;
  /** A ProxyConfig in YAML; the agent then runs without the operator and without a NodeProxy. */
  readonly configFile: string | undefined;
  /** `host:port` or `[ipv6]:port`; port 0 takes any free one. */
  readonly healthAddress: string;
  /** As healthAddress. */
  readonly metricsAddress: string;
  /** Directory of the stored settings and objects; absolute. */
  readonly stateDir: string;
  /** Directory with the `proc` and `sys` through which kernel settings are written; absolute. */
  readonly kernelRoot: string;
  readonly logLevel: LogLevel;
  readonly heartbeatSeconds: number;
  /** How many of the busiest service ports have a metric of their own; 0 counts nothing. */
  readonly serviceMetrics: number;
}

export type AgentCommand =
  | { readonly kind: "run"; readonly options: AgentOptions }
  | { readonly kind: "cleanup"; readonly logLevel: LogLevel }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

/** A flag, an argument or an environment variable is wrong; the message names it, its value and what is allowed. */
export class OptionsError extends TerminalError {
  override readonly name = "OptionsError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { ...options, hint: "Run with --help to see all flags." });
  }
}

export const usage = `kubesteer agent: programs the Services of a Kubernetes cluster into the kernel of this node

Usage: agent [flags]            run until SIGTERM; rules stay in the kernel
       agent cleanup [flags]    remove everything the agent has put into the kernel, nothing else

Flags:
  --kubeconfig FILE          how to reach the API server (default: the pod's service account)
  --server URL               address of the API server; never one of a Service of this cluster
  --node-name NAME           Node this agent works for (default: NODE_NAME, then the host name)
  --config FILE              a ProxyConfig in YAML: run without the operator
  --health-address ADDR      /healthz, /livez, /readyz (default 0.0.0.0:10256)
  --metrics-address ADDR     /metrics, /services/, /proxyMode, /configz (default 127.0.0.1:10249)
  --state-dir DIR            where the last good settings and Services are stored (default /run/kubesteer)
  --kernel-root DIR          directory with the proc and sys to write kernel settings in (default /)
  --log-level LEVEL          ${logLevels.join(", ")} (default info)
  --heartbeat-seconds N      longest time between two status writes, 1-60 (default 30)
  --service-metrics N        connections of the N busiest service ports in /metrics, 0-500 (default 0: none)
  --help, --version
`;

const flags = {
  kubeconfig: { type: "string" },
  server: { type: "string" },
  "node-name": { type: "string" },
  config: { type: "string" },
  "health-address": { type: "string", default: "0.0.0.0:10256" },
  "metrics-address": { type: "string", default: "127.0.0.1:10249" },
  "state-dir": { type: "string", default: "/run/kubesteer" },
  "kernel-root": { type: "string", default: "/" },
  "log-level": { type: "string", default: "info" },
  "heartbeat-seconds": { type: "string", default: "30" },
  "service-metrics": { type: "string", default: "0" },
  help: { type: "boolean", default: false },
  version: { type: "boolean", default: false },
} as const;

/** @throws {OptionsError} for anything that is not understood. */
export function readCommand(): AgentCommand {
  return parseCommand(process.argv.slice(2), { nodeName: process.env["NODE_NAME"], hostname: hostname() });
}

/** @throws {OptionsError} */
export function parseCommand(
  args: readonly string[],
  environment: { readonly nodeName: string | undefined; readonly hostname: string },
): AgentCommand {
  const { values, positionals } = parseFlags(args);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const logLevel = parseLogLevel(values["log-level"]);
  const [subcommand, ...rest] = positionals;
  if (rest.length > 0 || (subcommand !== undefined && subcommand !== "cleanup")) {
    throw new OptionsError(`the only argument allowed is cleanup, got ${quote(positionals.join(" "))}`);
  }
  if (subcommand === "cleanup") return { kind: "cleanup", logLevel };
  return {
    kind: "run",
    options: {
      kubeconfigFile: parseFileName("--kubeconfig", values.kubeconfig),
      server: parseServer(values.server),
      nodeName: parseNodeName(values["node-name"], environment),
      configFile: parseFileName("--config", values.config),
      healthAddress: parseListenAddress("--health-address", values["health-address"]),
      metricsAddress: parseListenAddress("--metrics-address", values["metrics-address"]),
      stateDir: parseDirectory("--state-dir", values["state-dir"], "/run/kubesteer"),
      kernelRoot: parseDirectory("--kernel-root", values["kernel-root"], "/host"),
      logLevel,
      heartbeatSeconds: parseHeartbeat(values["heartbeat-seconds"]),
      serviceMetrics: parseServiceMetrics(values["service-metrics"]),
    },
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args, options: flags, allowPositionals: true });
  } catch (error) {
    // What follows the first sentence is about arguments that begin with a dash; we have none.
    throw new OptionsError(errorMessage(error).replace(/\. .*/s, ""), { cause: error });
  }
}

function parseLogLevel(value: string): LogLevel {
  const level = logLevels.find((known) => known === value);
  if (level === undefined) {
    throw new OptionsError(`--log-level must be one of ${logLevels.join(", ")}; got ${quote(value)}`);
  }
  return level;
}

function parseFileName(flag: string, value: string | undefined): string | undefined {
  if (value === "") throw new OptionsError(`${flag} must be the name of a file; got ""`);
  return value;
}

function parseServer(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new OptionsError(
      `--server must be a URL such as https://192.0.2.1:6443, http or https; got ${quote(value)}`,
    );
  }
  return value;
}

// RFC 1123 subdomain, what the API server allows as the name of a Node.
const nodeNamePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function parseNodeName(
  flag: string | undefined,
  environment: { readonly nodeName: string | undefined; readonly hostname: string },
): string {
  const [source, value] =
    flag !== undefined
      ? ["--node-name", flag]
      : environment.nodeName !== undefined && environment.nodeName !== ""
        ? ["NODE_NAME", environment.nodeName]
        : ["the host name", environment.hostname.trim().toLowerCase()];
  if (value.length > 253 || !nodeNamePattern.test(value)) {
    throw new OptionsError(
      `${source} must be the name of a Node: at most 253 lower-case letters, digits, "-" and "."; got ${quote(value)}`,
    );
  }
  return value;
}

function parseListenAddress(flag: string, value: string): string {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d{1,5})$/.exec(value)?.[1];
  if (port === undefined || Number(port) > 65_535) {
    throw new OptionsError(
      `${flag} must be HOST:PORT with a port of 0-65535, such as 127.0.0.1:10249 or [::]:10256; got ${quote(value)}`,
    );
  }
  return value;
}

function parseDirectory(flag: string, value: string, example: string): string {
  if (!isAbsolute(value)) {
    throw new OptionsError(`${flag} must be an absolute path such as ${example}; got ${quote(value)}`);
  }
  return value;
}

/** The operator takes an agent that has not written for three minutes to be silent. */
const longestHeartbeatSeconds = 60;

function parseHeartbeat(value: string): number {
  const seconds = Number(value);
  if (!/^\d+$/.test(value) || seconds < 1 || seconds > longestHeartbeatSeconds) {
    throw new OptionsError(
      `--heartbeat-seconds must be a whole number of seconds from 1 to ${longestHeartbeatSeconds}; got ${quote(value)}`,
    );
  }
  return seconds;
}

function parseServiceMetrics(value: string): number {
  const size = Number(value);
  if (!/^\d+$/.test(value) || size > 500) {
    throw new OptionsError(`--service-metrics must be a whole number from 0 to 500; got ${quote(value)}`);
  }
  return size;
}

function quote(value: string): string {
  return JSON.stringify(value);
}
