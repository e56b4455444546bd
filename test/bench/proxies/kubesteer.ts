import { join } from "node:path";
import { ManagedProcess } from "../../../playground/managed-process.ts";
import { apiPort, nodeName } from "../cluster/simulated-cluster.ts";
import type { Proxy } from "./proxy.ts";
import { shippedNodeOptions } from "./shipped-node-options.ts";

/** Our agent with its default settings and the memory settings of the DaemonSet. */
export function createKubesteer(program: string): Proxy {
  return {
    name: "kubesteer",
    mode: "nftables",
    table: "kubesteer",
    createProcess: async (folder) =>
      new ManagedProcess({
        name: "kubesteer",
        command: process.execPath,
        args: [
          program,
          `--server=http://127.0.0.1:${apiPort}`,
          `--node-name=${nodeName}`,
          `--state-dir=${join(folder, "state")}`,
        ],
        env: { NODE_OPTIONS: shippedNodeOptions() },
        logFile: join(folder, "kubesteer.log"),
      }),
  };
}
