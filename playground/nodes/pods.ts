import type { Logger } from "../../platform/log.ts";
import { NamespaceProgram } from "./namespace-program.ts";
import type { NetworkPlan } from "./network-plan.ts";

/** The servers in the pods. */
export interface Pods {
  /** Stops all of them. Idempotent. */
  close(): Promise<void>;
}

/** Ports that each pod listens on. */
export const podPorts = { tcp: [8080, 8081, 9090], udp: [8080, 5353] } as const;

/** Port of the server in each node's namespace, which represents a pod with hostNetwork. */
export const hostNetworkPort = 7070;

/**
 * Starts one server per pod, and one per node for endpoints with hostNetwork. Resolves when all of them listen.
 * Each answers `<pod or node name> <address of the peer> <port asked>` over TCP (also for curl) and UDP, in both IP families.
 */
export async function startPods(
  network: NetworkPlan,
  { log, hostNetwork = false }: { readonly log: Logger; readonly hostNetwork?: boolean },
): Promise<Pods> {
  const servers = [
    ...network.nodes.flatMap(({ pods }) =>
      pods.map((pod) => startServer(pod, { tcpPorts: podPorts.tcp, udpPorts: podPorts.udp })),
    ),
    ...(hostNetwork
      ? network.nodes.map((node) =>
          startServer(node, { tcpPorts: [hostNetworkPort], udpPorts: [hostNetworkPort] }),
        )
      : []),
  ];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    await Promise.all(servers.map((server) => server.readLine()));
  } catch (error) {
    await close();
    throw error;
  }
  log.info({ pods: servers.length }, "pods answer");
  return { close };
}

function startServer(
  host: {
    readonly name: string;
    readonly namespace: string;
    readonly ipv4: string;
    readonly ipv6: string;
  },
  ports: { readonly tcpPorts: readonly number[]; readonly udpPorts: readonly number[] },
): NamespaceProgram {
  const { name, namespace, ipv4, ipv6 } = host;
  const argument = { name, addresses: [ipv4, ipv6], ...ports };
  return new NamespaceProgram({ namespace, program: "pod-server.mjs", argument });
}
