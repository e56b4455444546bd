import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ManagedProcess } from "../../playground/managed-process.ts";
import { startApiRelay } from "../../playground/nodes/api-relay.ts";

/** How an agent reaches the API server: what listens there leads to `apiSocket`. */
export const apiServerInNode = new URL("http://127.0.0.1:6443");

const agentProgram = join(import.meta.dirname, "../../agent/main.ts");

/** A network namespace that plays a node, for the agent as a process with the real kernel. */
export interface AgentNode {
  /** An agent process of this node with its ordinary flags and further arguments; not started yet. */
  createAgent(name: string, args?: readonly string[]): ManagedProcess;
  /** Arguments of the Node.js program that is the agent, with its ordinary flags. */
  agentArguments(args: readonly string[]): readonly string[];
  /** Runs a program in the namespace. Rejects when it fails. */
  run(command: string, args: readonly string[], options?: { readonly input?: string }): Promise<string>;
  /** Ends the agents and removes the namespace with its rules. */
  close(): Promise<void>;
}

/**
 * @param options.namespace name of the network namespace, unique on this machine
 * @param options.apiSocket unix socket of the API server; the agent finds it at {@link apiServerInNode}
 * @param options.apiFlags flags by which the agent reaches the API server; by default plain HTTP without a login
 */
export async function createAgentNode({
  namespace,
  nodeName,
  address,
  apiSocket,
  apiFlags = [`--server=${apiServerInNode.origin}`],
}: {
  readonly namespace: string;
  readonly nodeName: string;
  readonly address: string;
  readonly apiSocket: string;
  readonly apiFlags?: readonly string[];
}): Promise<AgentNode> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), `${namespace}-`));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  await execa("ip", ["netns", "add", namespace]);
  started.defer(async () => {
    await execa("ip", ["netns", "delete", namespace]);
  });
  await execa("ip", ["-n", namespace, "link", "set", "lo", "up"]);
  await execa("ip", ["-n", namespace, "address", "add", address, "dev", "lo"]);
  const relay = await startApiRelay({
    namespaces: [namespace],
    port: Number(apiServerInNode.port),
    socketPath: apiSocket,
  });
  started.defer(() => relay.close());

  const resources = started.move();
  const agentArguments = (args: readonly string[]): readonly string[] => [
    agentProgram,
    ...apiFlags,
    `--node-name=${nodeName}`,
    `--state-dir=${join(folder, "state")}`,
    "--heartbeat-seconds=60",
    ...args,
  ];
  return {
    agentArguments,
    createAgent(name, args = []) {
      const agent = new ManagedProcess({
        name,
        command: process.execPath,
        args: agentArguments(args),
        logFile: join(folder, `${name}.log`),
        netns: namespace,
      });
      resources.defer(() => agent.stop("SIGKILL"));
      return agent;
    },
    async run(command, args, { input } = {}) {
      const options = input === undefined ? {} : { input };
      const { stdout } = await execa("ip", ["netns", "exec", namespace, command, ...args], options);
      return stdout;
    },
    close: () => resources.disposeAsync(),
  };
}
