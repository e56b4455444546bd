/** API objects as JSON, with the fields that are needed to build EndpointSlices. */
import type { ObjectMeta } from "../../crds/api.ts";

export interface ServiceObject {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
    readonly selector?: Readonly<Record<string, string>>;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ipFamilies?: readonly AddressType[];
    readonly ports?: readonly ServicePortObject[];
    readonly publishNotReadyAddresses?: boolean;
    readonly trafficDistribution?: string;
  };
}

export interface ServicePortObject {
  readonly name?: string;
  /** @default TCP */
  readonly protocol?: PortProtocol;
  readonly port: number;
  /** Number, or name of a container's port. Default is port. */
  readonly targetPort?: number | string;
  readonly appProtocol?: string;
}

export type AddressType = "IPv4" | "IPv6";
export type PortProtocol = "TCP" | "UDP" | "SCTP";

export interface PodObject {
  readonly apiVersion: "v1";
  readonly kind: "Pod";
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly nodeName?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly ports?: readonly {
        readonly name?: string;
        readonly containerPort: number;
        readonly protocol?: PortProtocol;
      }[];
    }[];
  };
  readonly status?: {
    readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
    readonly startTime?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: "True" | "False" | "Unknown" }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly image: string;
      readonly imageID: string;
      readonly ready: boolean;
      readonly started: boolean;
      readonly restartCount: number;
      readonly state: { readonly running: { readonly startedAt: string } };
    }[];
  };
}

/** What a node reports about its machine. */
export interface NodeInfo {
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly containerRuntimeVersion: string;
  readonly kubeletVersion: string;
  readonly kubeProxyVersion: string;
  readonly operatingSystem: string;
  readonly architecture: string;
}

export interface NodeObject {
  readonly apiVersion: "v1";
  readonly kind: "Node";
  readonly metadata: ObjectMeta;
  readonly spec: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: {
    readonly addresses?: readonly { readonly type: "InternalIP" | "Hostname"; readonly address: string }[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: "True" | "False" | "Unknown";
      readonly reason: string;
      readonly message?: string;
      readonly lastHeartbeatTime?: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly nodeInfo?: NodeInfo;
  };
}

export interface EndpointSliceObject {
  readonly apiVersion: "discovery.k8s.io/v1";
  readonly kind: "EndpointSlice";
  readonly metadata: ObjectMeta;
  readonly addressType: AddressType;
  readonly endpoints: readonly EndpointObject[];
  readonly ports: readonly EndpointPortObject[];
}

export interface EndpointObject {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hints?: {
    readonly forZones?: readonly { readonly name: string }[];
    readonly forNodes?: readonly { readonly name: string }[];
  };
  readonly targetRef?: {
    readonly kind: "Pod";
    readonly namespace?: string;
    readonly name: string;
    readonly uid?: string;
  };
}

export interface EndpointPortObject {
  readonly name: string;
  readonly protocol: PortProtocol;
  readonly port: number;
  readonly appProtocol?: string;
}
