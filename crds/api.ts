/**
 * The API types of group kubesteer.dev, inferred from the schemas in `schema/` (which are erased at run time).
 * `…Spec` types are complete, as the API server returns them after defaulting.
 */
import type { z } from "zod";
import type { labelSelector, proxyMode, schedulingAlgorithm } from "./schema/service-traffic.ts";
import type { nodeProxyConfig, nodeProxySpec, nodeProxyStatus } from "./schema/node-proxy.ts";
import type { proxyConfigSpec } from "./schema/proxy-config.ts";
import type { proxyConfigStatus } from "./schema/proxy-config-status.ts";
import type { condition } from "./schema/status.ts";

export const apiGroup = "kubesteer.dev";
export const apiVersion = "v1alpha1";
export const apiGroupVersion = `${apiGroup}/${apiVersion}`;

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type ProxyMode = z.output<typeof proxyMode>;
export type SchedulingAlgorithm = z.output<typeof schedulingAlgorithm>;
export type LabelSelector = DeepReadonly<z.output<typeof labelSelector>>;
export type Condition = DeepReadonly<z.output<typeof condition>>;
export type ProxyConfigSpec = DeepReadonly<z.output<typeof proxyConfigSpec>>;
export type ProxyConfigStatus = DeepReadonly<z.output<typeof proxyConfigStatus>>;
export type NodeProxyConfig = DeepReadonly<z.output<typeof nodeProxyConfig>>;
export type ServiceRule = NodeProxyConfig["services"][number];
export type NodeProxySpec = DeepReadonly<z.output<typeof nodeProxySpec>>;
export type NodeProxyStatus = DeepReadonly<z.output<typeof nodeProxyStatus>>;

/** The part of metav1.ObjectMeta that our programs read or write. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Cluster-scoped, short name pxc. Users and Git own the spec; the operator owns the status. */
export interface ProxyConfig {
  readonly apiVersion: typeof apiGroupVersion;
  readonly kind: "ProxyConfig";
  readonly metadata: ObjectMeta;
  readonly spec: ProxyConfigSpec;
  readonly status?: ProxyConfigStatus;
}

/** Cluster-scoped, short name npx, one per Node and named after it. The operator owns the spec; the node's agent owns the status. */
export interface NodeProxy {
  readonly apiVersion: typeof apiGroupVersion;
  readonly kind: "NodeProxy";
  readonly metadata: ObjectMeta;
  readonly spec: NodeProxySpec;
  readonly status?: NodeProxyStatus;
}
