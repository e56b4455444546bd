import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { errorMessage, TerminalError } from "../platform/errors.ts";
import { logLevels, type LogLevel } from "../platform/logger.ts";

/** Everything that can be set from outside, read once at the start. */
export interface OperatorOptions {
  /** Absent in a pod: the service account's. */
  readonly kubeconfig?: string;
  /** API server URL in place of the one in the kubeconfig. */
  readonly server?: string;
  /** Of the Lease. */
  readonly namespace: string;
  /** Unique among the replicas. */
  readonly identity: string;
  /** `host:port`; port 0 takes any free one. */
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly logLevel: LogLevel;
  /** Without an election there must be no second operator. */
  readonly leaderElect: boolean;
  /** Base URL of an OTLP/HTTP collector; without one nothing is traced. */
  readonly otlpEndpoint: string | undefined;
}

export type OperatorCommand =
  { readonly kind: "run"; readonly options: OperatorOptions } | { readonly kind: "help" };

/** A flag or an environment variable is wrong; the message names it, its value and what is allowed. */
export class OptionsError extends TerminalError {
  override readonly name = "OptionsError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { ...options, hint: "Run with --help to see all flags." });
  }
}

export const usage = `kubesteer operator: brings ProxyConfigs to the nodes of a Kubernetes cluster

Usage: operator [flags]      run until SIGTERM; nodes keep their settings

Flags:
  --kubeconfig FILE          how to reach the API server (default: KUBECONFIG, then the pod's service account)
  --server URL               API server in place of the one in the kubeconfig
  --namespace NAME           namespace of the Lease by which the replicas elect a leader (default kube-system)
  --identity NAME            name in the Lease, unique among the replicas (default: the host name and a random suffix)
  --leader-elect BOOL        false only for a single replica (default true)
  --metrics-address ADDR     /metrics (default 0.0.0.0:10259)
  --health-address ADDR      /healthz, /livez, /readyz (default 0.0.0.0:10258)
  --log-level LEVEL          ${logLevels.join(", ")} (default info)
  --help

Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT  base URL of an OTLP/HTTP collector for traces (default: no traces)
`;

const flags = {
  kubeconfig: { type: "string" },
  server: { type: "string" },
  namespace: { type: "string", default: "kube-system" },
  identity: { type: "string" },
  "leader-elect": { type: "string", default: "true" },
  "metrics-address": { type: "string", default: "0.0.0.0:10259" },
  "health-address": { type: "string", default: "0.0.0.0:10258" },
  "log-level": { type: "string", default: "info" },
  help: { type: "boolean", default: false },
} as const;

/** What the flags' defaults come from. */
export interface Surroundings {
  readonly kubeconfig: string | undefined;
  readonly otlpEndpoint: string | undefined;
  readonly hostname: string;
}

/** @throws {OptionsError} for anything that is not understood. */
export function readCommand(): OperatorCommand {
  return parseCommand(process.argv.slice(2), {
    kubeconfig: process.env["KUBECONFIG"],
    otlpEndpoint: process.env["OTEL_EXPORTER_OTLP_ENDPOINT"],
    hostname: hostname(),
  });
}

/** @throws {OptionsError} */
export function parseCommand(args: readonly string[], surroundings: Surroundings): OperatorCommand {
  const values = parseFlags(args);
  if (values.help) return { kind: "help" };
  const kubeconfig = values.kubeconfig ?? (surroundings.kubeconfig || undefined);
  return {
    kind: "run",
    options: {
      ...(kubeconfig !== undefined && { kubeconfig: parseFileName("--kubeconfig", kubeconfig) }),
      ...(values.server !== undefined && { server: parseUrl("--server", values.server) }),
      namespace: parseNamespace(values.namespace),
      identity: parseIdentity(
        values.identity ?? `${surroundings.hostname}_${randomBytes(4).toString("hex")}`,
      ),
      leaderElect: parseBoolean("--leader-elect", values["leader-elect"]),
      metricsAddress: parseListenAddress("--metrics-address", values["metrics-address"]),
      healthAddress: parseListenAddress("--health-address", values["health-address"]),
      logLevel: parseLogLevel(values["log-level"]),
      otlpEndpoint: surroundings.otlpEndpoint
        ? parseUrl("OTEL_EXPORTER_OTLP_ENDPOINT", surroundings.otlpEndpoint)
        : undefined,
    },
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args, options: flags }).values;
  } catch (error) {
    throw new OptionsError(errorMessage(error), { cause: error });
  }
}

function parseFileName(flag: string, value: string): string {
  if (value === "") throw new OptionsError(`${flag} must be the name of a file; got ""`);
  return value;
}

function parseUrl(source: string, value: string): string {
  const protocol = URL.parse(value)?.protocol;
  if (protocol === "https:" || protocol === "http:") return value;
  throw new OptionsError(
    `${source} must be an http or https URL such as https://192.0.2.1:6443; got ${quote(value)}`,
  );
}

function parseNamespace(value: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new OptionsError(
    `--namespace must be a namespace: at most 63 lower-case letters, digits and "-"; got ${quote(value)}`,
  );
}

function parseIdentity(value: string): string {
  if (/^[\x21-\x7e]{1,253}$/.test(value)) return value;
  throw new OptionsError(
    `--identity must be a name such as the pod's: 1 to 253 printable ASCII characters without spaces; got ${quote(value)}`,
  );
}

function parseBoolean(flag: string, value: string): boolean {
  if (value === "true" || value === "false") return value === "true";
  throw new OptionsError(`${flag} must be true or false; got ${quote(value)}`);
}

function parseListenAddress(flag: string, value: string): string {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d{1,5})$/.exec(value)?.[1];
  if (port !== undefined && Number(port) <= 65_535) return value;
  throw new OptionsError(
    `${flag} must be HOST:PORT with a port of 0-65535, such as 127.0.0.1:10259 or [::]:10259; got ${quote(value)}`,
  );
}

function parseLogLevel(value: string): LogLevel {
  const level = logLevels.find((known) => known === value);
  if (level !== undefined) return level;
  throw new OptionsError(`--log-level must be one of ${logLevels.join(", ")}; got ${quote(value)}`);
}

function quote(value: string): string {
  return JSON.stringify(value);
}
