import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ManagedProcess } from "../../../playground/managed-process.ts";
import { apiPort, nodeName } from "../cluster/simulated-cluster.ts";
import type { Proxy } from "./proxy.ts";

/**
 * kube-proxy in nftables mode. It has its defaults with three exceptions: JSON, because the API stub supports nothing else; no
 * conntrack sysctls; and no pause of a second before each sync, because that is a choice and not a cost of programming.
 */
export function createKubeProxy(binary: string): Proxy {
  return {
    name: "kube-proxy",
    mode: "nftables",
    table: "kube-proxy",
    async createProcess(folder) {
      const kubeconfig = join(folder, "kubeconfig");
      const config = join(folder, "kube-proxy.yaml");
      await writeFile(kubeconfig, JSON.stringify(kubeconfigFile));
      await writeFile(config, JSON.stringify(configuration(kubeconfig)));
      return new ManagedProcess({
        name: "kube-proxy",
        command: binary,
        args: [`--config=${config}`],
        logFile: join(folder, "kube-proxy.log"),
      });
    },
  };
}

const kubeconfigFile = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "bench", cluster: { server: `http://127.0.0.1:${apiPort}` } }],
  contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
  users: [{ name: "bench", user: {} }],
  "current-context": "bench",
};

function configuration(kubeconfig: string): object {
  const json = "application/json";
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    hostnameOverride: nodeName,
    detectLocalMode: "NodeCIDR",
    clientConnection: { kubeconfig, contentType: json, acceptContentTypes: json },
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: "0s",
      tcpCloseWaitTimeout: "0s",
      udpTimeout: "0s",
      udpStreamTimeout: "0s",
    },
    nftables: { minSyncPeriod: "1ms" },
  };
}
