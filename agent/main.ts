import { release } from "node:os";
import packageJson from "../package.json" with { type: "json" };
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
import { createRunners } from "./dataplane/dataplanes.ts";
import { readToolVersions } from "./dataplane/tool-versions.ts";
import { createCommandRunner } from "./kernel/command/command-runner.ts";
import { applyKernelSettings, type KernelSetting } from "./kernel/proc/kernel-settings.ts";
import { readConfigFile } from "./settings/config-file.ts";
import { countConnections } from "./node-services/connections/count-connections.ts";
import { type AgentCommand, type AgentOptions, help, parseProcessArguments } from "./options.ts";

const name = "kubesteer-agent";
const { version } = packageJson;

async function execute(command: AgentCommand): Promise<void> {
  switch (command.kind) {
    case "cleanup": {
      const log = createLogger({ level: command.logLevel, name });
      const commands = createCommandRunner({ log });
      const main = () => cleanUp({ runners: createRunners({ commands, log, clock: systemClock }), log });
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
  const runners = createRunners({ commands, log, clock: systemClock });
  log.info({ version, node: nodeName }, "starting");
  const deps = {
    options,
    version,
    config,
    tools: { kernel: release(), versions: await readToolVersions(runners.values()) },
    client,
    runners,
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

const command = readCommand({ name, version, help }, parseProcessArguments);
if (command !== undefined) await execute(command);
