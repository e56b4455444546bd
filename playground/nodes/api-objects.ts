import type { NodeObject, PodObject } from "../endpoint-slices/kube-objects.ts";
import type { NetworkPlan, PlannedNode, PlannedPod } from "./network-plan.ts";
import { podPorts } from "./pods.ts";

/** Namespace of the pods in the API. */
export const podNamespace = "default";

/** Nodes as kubelet and kube-controller-manager would have made them. */
export function nodeObjects({ nodes }: NetworkPlan): readonly NodeObject[] {
  return nodes.map((node) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: node.name,
      labels: {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": node.zone,
      },
    },
    spec: { podCIDR: node.podCIDRs.ipv4, podCIDRs: [node.podCIDRs.ipv4, node.podCIDRs.ipv6] },
    status: {
      addresses: [
        { type: "InternalIP", address: node.ipv4 },
        { type: "InternalIP", address: node.ipv6 },
        { type: "Hostname", address: node.name },
      ],
      conditions: [{ type: "Ready", status: "True", reason: "PlaygroundNode" }],
    },
  }));
}

/** Pods that run and are ready. Label `app` is `web` for pods a, `api` for pods b; all have `tier: playground`. */
export function podObjects({ nodes }: NetworkPlan): readonly PodObject[] {
  return nodes.flatMap((node) => node.pods.map((pod) => podObject(pod, node)));
}

function podObject(pod: PlannedPod, node: PlannedNode): PodObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.name,
      namespace: podNamespace,
      labels: { app: pod.name.endsWith("a") ? "web" : "api", tier: "playground" },
    },
    spec: {
      nodeName: node.name,
      containers: [
        {
          name: "server",
          image: "kubesteer.dev/playground/pod-server",
          ports: [
            { name: "http", containerPort: podPorts.tcp[0], protocol: "TCP" },
            { name: "metrics", containerPort: podPorts.tcp[2], protocol: "TCP" },
            { name: "dns", containerPort: podPorts.udp[1], protocol: "UDP" },
          ],
        },
      ],
    },
    status: {
      phase: "Running",
      podIP: pod.ipv4,
      podIPs: [{ ip: pod.ipv4 }, { ip: pod.ipv6 }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  };
}
