import { join } from "node:path";
import { ManagedProcess } from "../../../playground/managed-process.ts";
import { apiPort, nodeName } from "../cluster/simulated-cluster.ts";
import type { Proxy } from "./proxy.ts";

/** Our agent as it ships, with its ordinary settings. */
export function createKubesteer(program: string): Proxy {
  return {
    name: "kubesteer",
    mode: "nftables",
    table: "kubesteer",
    endpointInListing: /[\d.]+ \. 80 \. \w+ : [\d.]+ \. 8080/g,
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
        logFile: join(folder, "kubesteer.log"),
      }),
  };
}
