/** `make playground`: a small cluster on this machine, left running until Ctrl-C. */
import path from "node:path";
import { createLogger } from "../platform/logger.ts";
import { errorMessage } from "../platform/errors.ts";
import { startCluster } from "./cluster.ts";
import { AlreadyRunningError } from "./lock.ts";
import { TopologyError } from "./nodes/topology.ts";

const folder = path.join(import.meta.dirname, "../.playground/main");
const stop = new AbortController();
process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());

try {
  await run();
} catch (error) {
  if (!stop.signal.aborted) {
    const known = error instanceof AlreadyRunningError || error instanceof TopologyError;
    process.stderr.write(`playground: ${known ? error.message : errorMessage(error)}\n`);
    process.exitCode = 1;
  }
}
process.exit();

async function run(): Promise<void> {
  process.stdout.write("Starting an API server, three nodes, six pods, the operator and three agents ...\n");
  const cluster = await startCluster({
    name: "kubesteer",
    port: 16_443,
    folder,
    log: createLogger({ name: "playground", level: "warn" }),
    signal: stop.signal,
  });
  process.stdout.write(`
The cluster is running. In another terminal:

  export KUBECONFIG=${cluster.kubeconfig}
  kubectl apply -f config/samples/default.yaml
  kubectl create service nodeport web --tcp=80:8080 --node-port=30080   # selects the pods with label app=web
  kubectl get pxc,nodeproxies,services,endpointslices
  ip netns exec ${cluster.topology.client.namespace} curl -s http://${cluster.topology.nodes[0]?.ipv4}:30080/

Logs: ${path.join(folder, "logs")}
Press Ctrl-C to stop the cluster and remove everything.
`);
  await new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    else stop.signal.addEventListener("abort", () => resolve());
  });
  process.stdout.write("\nRemoving the cluster ...\n");
  await cluster.close();
}
