import { hostname } from "node:os";
import type { CommandLine, Inquiry } from "../platform/options/flag.ts";
import { parseCommandLine } from "../platform/options/parse-command-line.ts";
import {
  parseDirectory,
  parseFileName,
  parseListenAddress,
  parseOneOf,
  parsePattern,
  parseUrl,
  parseWholeNumber,
} from "../platform/options/parse-text.ts";
import { renderHelp } from "../platform/options/render-help.ts";
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
  | { readonly kind: "cleanup"; readonly logLevel: LogLevel };

/** What the agent reads besides its arguments. */
export interface AgentSurroundings {
  /** Environment variable NODE_NAME. */
  readonly nodeName: string | undefined;
  readonly hostname: string;
}

/** RFC 1123 subdomain, what the API server allows as the name of a Node. */
const parseNodeName = parsePattern({
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  maxLength: 253,
  what: 'the name of a Node: at most 253 lower-case letters, digits, "-" and "."',
});

const flags = {
  kubeconfig: {
    placeholder: "FILE",
    help: "how to reach the API server (default: the pod's service account)",
    parse: parseFileName,
  },
  server: {
    placeholder: "URL",
    help: "address of the API server; never one of a Service of this cluster",
    parse: parseUrl,
  },
  "node-name": {
    placeholder: "NAME",
    help: "Node this agent works for (default: NODE_NAME, then the host name)",
    variable: "NODE_NAME",
    parse: parseNodeName,
  },
  config: {
    placeholder: "FILE",
    help: "a ProxyConfig in YAML: run without the operator",
    parse: parseFileName,
  },
  "health-address": {
    placeholder: "ADDR",
    help: "/healthz, /livez, /readyz",
    default: "0.0.0.0:10256",
    parse: parseListenAddress,
  },
  "metrics-address": {
    placeholder: "ADDR",
    help: "/metrics, /services/, /proxyMode, /configz",
    default: "127.0.0.1:10249",
    parse: parseListenAddress,
  },
  "state-dir": {
    placeholder: "DIR",
    help: "where the last good settings and Services are stored",
    default: "/run/kubesteer",
    parse: parseDirectory({ example: "/run/kubesteer" }),
  },
  "kernel-root": {
    placeholder: "DIR",
    help: "directory with the proc and sys to write kernel settings in",
    default: "/",
    parse: parseDirectory({ example: "/host" }),
  },
  "log-level": {
    placeholder: "LEVEL",
    help: logLevels.join(", "),
    default: "info",
    parse: parseOneOf(logLevels),
  },
  // The operator takes an agent that has not written for three minutes to be silent.
  "heartbeat-seconds": {
    placeholder: "N",
    help: "longest time between two status writes, 1-60",
    default: "30",
    parse: parseWholeNumber({ least: 1, most: 60 }),
  },
  "service-metrics": {
    placeholder: "N",
    help: "connections of the N busiest service ports in /metrics, 0-500; 0 for none",
    default: "0",
    parse: parseWholeNumber({ least: 0, most: 500 }),
  },
} as const;

const commandLine = {
  title: "kubesteer agent: programs the Services of a Kubernetes cluster into the kernel of this node",
  usages: [
    { synopsis: "agent [flags]", effect: "run until SIGTERM; rules stay in the kernel" },
    {
      synopsis: "agent cleanup [flags]",
      effect: "remove everything the agent has put into the kernel, nothing else",
    },
  ],
  subcommands: ["cleanup"],
  flags,
  variables: {},
} as const satisfies CommandLine;

/** Text for `--help`. */
export const help = renderHelp(commandLine);

/** The command in the arguments of this process. @throws {OptionsError} for anything that is not understood. */
export function parseProcessArguments(): AgentCommand | Inquiry {
  return parseCommand(process.argv.slice(2), { nodeName: process.env["NODE_NAME"], hostname: hostname() });
}

/** @throws {OptionsError} */
export function parseCommand(
  args: readonly string[],
  surroundings: AgentSurroundings,
): AgentCommand | Inquiry {
  const parsed = parseCommandLine(commandLine, args, { NODE_NAME: surroundings.nodeName });
  if (parsed.kind !== "command") return parsed;
  const { values } = parsed;
  if (parsed.subcommand === "cleanup") return { kind: "cleanup", logLevel: values["log-level"] };
  return {
    kind: "run",
    options: {
      kubeconfigFile: values.kubeconfig,
      server: values.server,
      nodeName: values["node-name"] ?? nodeNameOfHost(surroundings.hostname),
      configFile: values.config,
      healthAddress: values["health-address"],
      metricsAddress: values["metrics-address"],
      stateDir: values["state-dir"],
      kernelRoot: values["kernel-root"],
      logLevel: values["log-level"],
      heartbeatSeconds: values["heartbeat-seconds"],
      serviceMetrics: values["service-metrics"],
    },
  };
}

function nodeNameOfHost(host: string): string {
  return parseNodeName(host.trim().toLowerCase(), "the host name");
}
