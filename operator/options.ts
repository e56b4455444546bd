import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { CommandLine, Inquiry } from "../platform/options/flag.ts";
import { parseCommandLine, parseVariable } from "../platform/options/parse-command-line.ts";
import {
  parseBoolean,
  parseFileName,
  parseListenAddress,
  parseOneOf,
  parsePattern,
  parseUrl,
} from "../platform/options/parse-text.ts";
import { renderHelp } from "../platform/options/render-help.ts";
import { logLevels, type LogLevel } from "../platform/logger.ts";

/** The operator's options, read once at the start. */
export interface OperatorOptions {
  /** Absent in a pod: the service account's. */
  readonly kubeconfig?: string;
  /** API server URL in place of the one in the kubeconfig. */
  readonly server?: string;
  /** Of the Lease and the ControllerRevisions. */
  readonly namespace: string;
  /** Unique among the replicas. */
  readonly identity: string;
  /** `host:port`; port 0 takes any free one. */
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly logLevel: LogLevel;
  /** Without leader election, only one operator may run. */
  readonly leaderElect: boolean;
  /** Base URL of an OTLP/HTTP collector; without one nothing is traced. */
  readonly otlpEndpoint: string | undefined;
}

export interface OperatorCommand {
  readonly kind: "run";
  readonly options: OperatorOptions;
}

/** What the operator reads besides its arguments. */
export interface OperatorSurroundings {
  /** Environment variable KUBECONFIG. */
  readonly kubeconfig: string | undefined;
  /** Environment variable OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpEndpoint: string | undefined;
  readonly hostname: string;
}

/** RFC 1123 label, what the API server allows as the name of a namespace. */
const parseNamespace = parsePattern({
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  maxLength: 63,
  what: 'a namespace: at most 63 lower-case letters, digits and "-"',
});

const parseIdentity = parsePattern({
  pattern: /^[\x21-\x7e]+$/,
  maxLength: 253,
  what: "a name such as the pod's: 1 to 253 printable ASCII characters without spaces",
});

const flags = {
  kubeconfig: {
    placeholder: "FILE",
    help: "how to reach the API server (default: KUBECONFIG, then the pod's service account)",
    variable: "KUBECONFIG",
    parse: parseFileName,
  },
  server: {
    placeholder: "URL",
    help: "API server in place of the one in the kubeconfig",
    parse: parseUrl,
  },
  namespace: {
    placeholder: "NAME",
    help: "namespace of the leader election Lease and of the stored revisions",
    default: "kube-system",
    parse: parseNamespace,
  },
  identity: {
    placeholder: "NAME",
    help: "name in the Lease, unique among the replicas (default: the host name and a random suffix)",
    parse: parseIdentity,
  },
  "leader-elect": {
    placeholder: "BOOL",
    help: "false only for a single replica",
    default: "true",
    parse: parseBoolean,
  },
  "metrics-address": {
    placeholder: "ADDR",
    help: "/metrics",
    default: "0.0.0.0:10259",
    parse: parseListenAddress,
  },
  "health-address": {
    placeholder: "ADDR",
    help: "/healthz, /livez, /readyz",
    default: "0.0.0.0:10258",
    parse: parseListenAddress,
  },
  "log-level": {
    placeholder: "LEVEL",
    help: logLevels.join(", "),
    default: "info",
    parse: parseOneOf(logLevels),
  },
} as const;

const commandLine = {
  title: "kubesteer operator: brings ProxyConfigs to the nodes of a Kubernetes cluster",
  usages: [{ synopsis: "operator [flags]", effect: "run until SIGTERM; nodes keep their settings" }],
  subcommands: [],
  flags,
  variables: {
    OTEL_EXPORTER_OTLP_ENDPOINT: "base URL of an OTLP/HTTP collector for traces (default: no traces)",
  },
} as const satisfies CommandLine;

/** Text for `--help`. */
export const help = renderHelp(commandLine);

/** The command in the arguments of this process. @throws {OptionsError} for anything that is not understood. */
export function parseProcessArguments(): OperatorCommand | Inquiry {
  return parseCommand(process.argv.slice(2), {
    kubeconfig: process.env["KUBECONFIG"],
    otlpEndpoint: process.env["OTEL_EXPORTER_OTLP_ENDPOINT"],
    hostname: hostname(),
  });
}

/** @throws {OptionsError} */
export function parseCommand(
  args: readonly string[],
  surroundings: OperatorSurroundings,
): OperatorCommand | Inquiry {
  const environment = {
    KUBECONFIG: surroundings.kubeconfig,
    OTEL_EXPORTER_OTLP_ENDPOINT: surroundings.otlpEndpoint,
  };
  const parsed = parseCommandLine(commandLine, args, environment);
  if (parsed.kind !== "command") return parsed;
  const { values } = parsed;
  return {
    kind: "run",
    options: {
      ...(values.kubeconfig !== undefined && { kubeconfig: values.kubeconfig }),
      ...(values.server !== undefined && { server: values.server }),
      namespace: values.namespace,
      identity:
        values.identity ??
        parseIdentity(`${surroundings.hostname}_${randomBytes(4).toString("hex")}`, "--identity"),
      leaderElect: values["leader-elect"],
      metricsAddress: values["metrics-address"],
      healthAddress: values["health-address"],
      logLevel: values["log-level"],
      otlpEndpoint: parseVariable(environment, "OTEL_EXPORTER_OTLP_ENDPOINT", parseUrl),
    },
  };
}
