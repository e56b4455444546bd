import type { NodeInfo, NodeObject, PodObject } from "../endpoint-slices/kube-objects.ts";
import type { NetworkPlan, PlannedNode, PlannedPod } from "./network-plan.ts";
import { arch, availableParallelism, release, totalmem } from "node:os";
import { podPorts } from "./pods.ts";

/** Namespace of the pods in the API. */
export const podNamespace = "default";

/** This image is never pulled: the server is a process of the playground. */
const podImage = "kubesteer.dev/playground/pod-server";

/** Nodes as kubelet and kube-controller-manager would create them. */
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
      capacity: machine(),
      allocatable: machine(),
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "PlaygroundNode",
          message: "a network namespace of this machine",
          lastHeartbeatTime: now(),
          lastTransitionTime: now(),
        },
      ],
      nodeInfo: nodeInfo(node.name),
    },
  }));
}

/** Every node is this machine, in its own network namespace. */
function machine(): Readonly<Record<string, string>> {
  const memoryKi = Math.floor(totalmem() / 1024);
  return { cpu: String(availableParallelism()), memory: `${memoryKi}Ki`, pods: "110" };
}

/** What `kubectl describe node` and `get nodes -o wide` print. There is no kubelet and no container runtime. */
function nodeInfo(name: string): NodeInfo {
  return {
    machineID: name,
    systemUUID: name,
    bootID: name,
    kernelVersion: release(),
    osImage: "kubesteer playground",
    containerRuntimeVersion: "none://0",
    kubeletVersion: "none",
    kubeProxyVersion: "",
    operatingSystem: "linux",
    architecture: arch() === "x64" ? "amd64" : arch(),
  };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** Running and ready pods. The label `app` is `web` for pods a and `api` for pods b; all have `tier: playground`. */
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
      // Long enough to be visible as terminating, short enough for kubectl delete to wait.
      terminationGracePeriodSeconds: 3,
      containers: [
        {
          name: "server",
          image: podImage,
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
      startTime: now(),
      podIP: pod.ipv4,
      podIPs: [{ ip: pod.ipv4 }, { ip: pod.ipv6 }],
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        {
          name: "server",
          image: podImage,
          imageID: podImage,
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: now() } },
        },
      ],
    },
  };
}
