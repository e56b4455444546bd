import packageJson from "../package.json" with { type: "json" };
import type { ProxyMode } from "../crds/api.ts";
import { systemClock } from "../platform/async/clock.ts";
import { createApiClient } from "../platform/kube/client-node.ts";
import { createEventRecorder } from "../platform/kube/events.ts";
import { loadKubeConfig } from "../platform/kube/kube-config.ts";
import { runProgram } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/log.ts";
import { createLogger } from "../platform/logger.ts";
import { readCommand } from "../platform/options/read-command.ts";
import { createMeterProvider } from "../platform/telemetry/metrics.ts";
import { runAgent } from "./agent.ts";
import { cleanUp } from "./dataplane/clean-up.ts";
import { createFlowTable } from "./kernel/conntrack/flow-table.ts";
import type { Dataplane } from "./dataplane/dataplane.ts";
import { dataplanes as factories } from "./dataplane/dataplanes.ts";
import type { CommandRunner } from "./kernel/command/command.ts";
import { createCommandRunner } from "./kernel/command/command-runner.ts";
import { applyKernelSettings, type KernelSetting } from "./kernel/proc/kernel-settings.ts";
import { readConfigFile } from "./settings/config-file.ts";
import { readToolVersions } from "./node/tool-versions.ts";
import { countConnections } from "./node-services/connections/count-connections.ts";
import { type AgentCommand, type AgentOptions, help, parseProcessArguments } from "./options.ts";

const name = "kubesteer-agent";
const { version } = packageJson;

async function execute(command: AgentCommand): Promise<void> {
  switch (command.kind) {
    case "cleanup": {
      const log = createLogger({ level: command.logLevel, name });
      const main = () => cleanUp({ dataplanes: createDataplanes(createCommandRunner({ log }), log), log });
      await runProgram({ name, log, main });
      return;
    }
    case "run": {
      const log = createLogger({ level: command.options.logLevel, name });
      await runProgram({ name, log, main: (signal) => run(command.options, log, signal) });
      // Connections and unsent Events must not delay the end.
      process.exit();
    }
  }
}

async function run(options: AgentOptions, log: Logger, signal: AbortSignal): Promise<void> {
  const { kubeconfigFile, server, configFile, nodeName } = options;
  const config = configFile === undefined ? undefined : await readConfigFile(configFile);
  const kubeConfig = loadKubeConfig({
    ...(kubeconfigFile === undefined ? {} : { kubeconfig: kubeconfigFile }),
    ...(server === undefined ? {} : { server }),
  });
  const client = createApiClient(kubeConfig, { userAgent: `${name}/${version}` });
  const commands = createCommandRunner({ log });
  log.info({ version, node: nodeName }, "starting");
  const deps = {
    options,
    version,
    config,
    tools: await readToolVersions(commands),
    client,
    dataplanes: createDataplanes(commands, log),
    countConnections: () => countConnections(commands),
    flows: createFlowTable(commands),
    writeKernelSettings: (settings: readonly KernelSetting[]) =>
      applyKernelSettings(settings, options.kernelRoot),
    events: createEventRecorder({ client, component: name, instance: nodeName, clock: systemClock, log }),
    metrics: createMeterProvider({ service: name }),
    clock: systemClock,
    log,
  };
  await runAgent(deps, signal);
}

function createDataplanes(commands: CommandRunner, log: Logger): ReadonlyMap<ProxyMode, Dataplane> {
  const deps = { commands, log, clock: systemClock };
  const created = Object.values(factories).map((create) => create(deps));
  return new Map(created.map((dataplane) => [dataplane.mode, dataplane]));
}

const command = readCommand({ name, version, help }, parseProcessArguments);
if (command !== undefined) await execute(command);
