import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../../..");

/** The parts of Kubernetes objects that the tests of our manifests use. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec: WorkloadSpec;
  readonly rules?: readonly PolicyRule[];
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
  readonly data: Readonly<Record<string, string>>;
}

export type Labels = Readonly<Record<string, string>>;

export interface PolicyRule {
  readonly resourceNames?: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface WorkloadSpec {
  /** Of a Deployment. */
  readonly replicas?: number;
  readonly selector: { readonly matchLabels: Labels };
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
}

export interface PodSpec {
  readonly hostNetwork: boolean;
  readonly priorityClassName: string;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken: boolean;
  readonly nodeSelector: Labels;
  readonly affinity?: { readonly podAntiAffinity: Readonly<Record<string, unknown>> };
  readonly tolerations: readonly { readonly operator: string; readonly key?: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly InitContainer[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly hostPath?: { readonly path: string; readonly type: string };
  }[];
}

export interface InitContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
  readonly securityContext: {
    readonly privileged?: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] };
    readonly runAsUser?: number;
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Container extends InitContainer {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** What `kubectl apply -k` would send for a directory of `config/`; undefined if kubectl is missing. */
export function renderManifests(directory: string): readonly Manifest[] | undefined {
  try {
    const yaml = execFileSync("kubectl", ["kustomize", join(root, "config", directory)], {
      encoding: "utf8",
    });
    return parseManifests(yaml);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** All documents of a YAML stream. */
export function parseManifests(yaml: string): readonly Manifest[] {
  return parseAllDocuments(yaml).map((document) => document.toJS({ maxAliasCount: 0 }) as Manifest);
}
