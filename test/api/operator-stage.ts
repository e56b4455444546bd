import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { apiGroupVersion, type NodeProxy, type NodeProxyStatus, type ProxyConfig } from "../../crds/api.ts";
import { runOperator } from "../../operator/operator.ts";
import type { ControllerRevision } from "../../operator/plan/history/controller-revision.ts";
import type { ApiClient, ApiObject } from "../../platform/kube/api-client.ts";
import { createApiClient } from "../../platform/kube/client-node.ts";
import { loadKubeConfig } from "../../platform/kube/kube-config.ts";
import { resources, type Resource } from "../../platform/kube/resources.ts";
import { silentLogger } from "../../platform/log.ts";
import { waitUntil } from "../../playground/wait-until.ts";

const crds: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

export interface RunningOperator {
  /** Stops it like SIGTERM. Resolves when it has ended. */
  stop(): Promise<void>;
}

interface StageOptions {
  /** Of an administrator. */
  readonly kubeconfig: string;
  /** @default kubeconfig */
  readonly operatorKubeconfig?: string;
}

interface CoreEvent extends ApiObject {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

interface Lease extends ApiObject {
  readonly spec?: { readonly holderIdentity?: string };
}

/** Operators as deployed, and simulated agents that report what a test needs, with an API server that has our definitions. */
export class OperatorStage {
  readonly #operatorKubeconfig: string;
  readonly #operators = new Set<RunningOperator>();
  readonly client: ApiClient;

  private constructor({ kubeconfig, operatorKubeconfig = kubeconfig }: StageOptions) {
    this.#operatorKubeconfig = operatorKubeconfig;
    this.client = createApiClient(loadKubeConfig({ kubeconfig }), { userAgent: "test" });
  }

  /** Installs our definitions into the API server of the kubeconfig files. */
  static async prepare(options: StageOptions): Promise<OperatorStage> {
    const stage = new OperatorStage(options);
    for (const { plural } of [resources.nodeProxies, resources.proxyConfigs]) {
      const file = join(import.meta.dirname, `../../crds/kubesteer.dev_${plural}.yaml`);
      await stage.client.apply(crds, parseObject(readFileSync(file, "utf8")), { fieldManager: "test" });
    }
    for (const resource of [resources.nodeProxies, resources.proxyConfigs]) {
      await waitUntil(`${resource.plural} to be served`, () => stage.client.list(resource));
    }
    return stage;
  }

  startOperator(identity: string): RunningOperator {
    const abort = new AbortController();
    const ended = runOperator(
      {
        kubeconfig: this.#operatorKubeconfig,
        namespace: "kube-system",
        identity,
        leaderElect: true,
        metricsAddress: "127.0.0.1:0",
        healthAddress: "127.0.0.1:0",
        logLevel: "info",
        otlpEndpoint: undefined,
      },
      { log: silentLogger, signal: abort.signal },
    );
    const operator: RunningOperator = {
      stop: async () => {
        abort.abort();
        await ended;
        this.#operators.delete(operator);
      },
    };
    this.#operators.add(operator);
    return operator;
  }

  async stopOperators(): Promise<void> {
    await Promise.all([...this.#operators].map((operator) => operator.stop()));
  }

  /** Removes leftovers of a test. */
  async clear(): Promise<void> {
    for (const resource of [resources.proxyConfigs, resources.nodes, resources.nodeProxies]) {
      const { items } = await this.client.list(resource);
      for (const { metadata } of items) await this.client.delete({ resource, name: metadata.name });
    }
    await waitUntil("the NodeProxies to be removed", async () => (await this.nodeProxies()).length === 0);
  }

  async applyConfig(name: string, spec: object): Promise<void> {
    const object = { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name }, spec };
    await this.client.apply(resources.proxyConfigs, object, { fieldManager: "test" });
  }

  async deleteConfig(name: string): Promise<void> {
    await this.client.delete({ resource: resources.proxyConfigs, name });
  }

  async addNode(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const spec = { podCIDR: "10.244.0.0/24", podCIDRs: ["10.244.0.0/24"] };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec };
    await this.client.create(resources.nodes, node);
  }

  async deleteNode(name: string): Promise<void> {
    await this.client.delete({ resource: resources.nodes, name });
  }

  /** The agent of a node reports that it has applied its revision, or why not. */
  async report(
    node: string,
    {
      failure,
      clockMs = Date.now(),
    }: {
      readonly failure?: { readonly reason: string; readonly message: string };
      /** The node's own. */
      readonly clockMs?: number;
    } = {},
  ): Promise<void> {
    const nodeProxy = await this.nodeProxy(node);
    const now = new Date(clockMs).toISOString();
    const { revision, config } = nodeProxy.spec;
    const ready =
      failure === undefined
        ? { status: "True" as const, reason: "Synced", message: `Revision ${revision} is in the kernel.` }
        : { status: "False" as const, ...failure };
    const status: NodeProxyStatus = {
      observedRevision: revision,
      runningMode: config.mode,
      heartbeatAt: now,
      conditions: [{ type: "Ready", lastTransitionTime: now, ...ready }],
    };
    await this.reportStatus(node, status);
  }

  async reportStatus(node: string, status: NodeProxyStatus): Promise<void> {
    const object = { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: node }, status };
    await this.client.apply(resources.nodeProxies, object, {
      fieldManager: "kubesteer-agent",
      subresource: "status",
    });
  }

  /** The stored revisions of a ProxyConfig, oldest first. */
  async revisions(configName: string): Promise<readonly ControllerRevision[]> {
    const { items } = await this.client.list<ControllerRevision>(resources.controllerRevisions, {
      namespace: "kube-system",
      labelSelector: `kubesteer.dev/config=${configName}`,
    });
    return items.toSorted((a, b) => a.revision - b.revision);
  }

  async nodeProxies(): Promise<readonly NodeProxy[]> {
    return (await this.client.list<NodeProxy>(resources.nodeProxies)).items;
  }

  /** Waits until the NodeProxy exists and, if given, `matches` accepts it. */
  async nodeProxy(name: string, matches: (nodeProxy: NodeProxy) => boolean = () => true): Promise<NodeProxy> {
    return waitUntil(`NodeProxy ${name}`, async () => {
      const found = await this.client.get<NodeProxy>({ resource: resources.nodeProxies, name });
      return found !== undefined && matches(found) && found;
    });
  }

  async proxyConfig(name: string): Promise<ProxyConfig> {
    const found = await this.client.get<ProxyConfig>({ resource: resources.proxyConfigs, name });
    if (found === undefined) throw new Error(`no ProxyConfig ${name}`);
    return found;
  }

  /** Waits until Ready is `status` for the latest generation, with the reason if one is given. */
  async ready(name: string, status: "True" | "False", reason?: string): Promise<ProxyConfig> {
    return waitUntil(`ProxyConfig ${name} with Ready ${status} ${reason ?? ""}`, async () => {
      const found = await this.proxyConfig(name);
      const condition = found.status?.conditions?.find(({ type }) => type === "Ready");
      return (
        condition?.status === status &&
        condition.observedGeneration === found.metadata.generation &&
        (reason === undefined || condition.reason === reason) &&
        found
      );
    });
  }

  /** Waits for an Event about a ProxyConfig, and returns its message. */
  async event(name: string, reason: string): Promise<string> {
    return waitUntil(`Event ${reason} of ${name}`, async () => {
      const { items } = await this.client.list<CoreEvent>(resources.events, { namespace: "default" });
      return items.find((event) => event.reason === reason && event.involvedObject.name === name)?.message;
    });
  }

  async leader(): Promise<string | undefined> {
    const lease = await this.client.get<Lease>({
      resource: resources.leases,
      namespace: "kube-system",
      name: "kubesteer-operator",
    });
    return lease?.spec?.holderIdentity;
  }
}

function parseObject(text: string): ApiObject {
  return parse(text) as ApiObject;
}
