import assert from "node:assert/strict";
import { createNftablesDataplane } from "../../agent/dataplane/nftables/index.ts";
import { createRunner, type DataplaneRunner } from "../../agent/dataplane/runner.ts";
import type { CommandRunner } from "../../agent/kernel/command/command.ts";
import type { CatalogObjects } from "../../agent/services/catalog/catalog-objects.ts";
import type { NodeFacts } from "../../agent/services/node-facts.ts";
import { ServiceCatalog } from "../../agent/services/catalog/service-catalog.ts";
import { ClusterWatch } from "../../agent/watch/cluster-watch.ts";
import type { NodeProxyConfig } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { silentLogger } from "../../platform/log.ts";

export interface PipelineOptions {
  readonly api: ApiClient;
  readonly commands: CommandRunner;
  readonly config: NodeProxyConfig;
  readonly node: NodeFacts;
  readonly clock: Clock;
}

/** What an agent is between the API server and the kernel, without its loops: it syncs on request. */
export class AgentPipeline {
  readonly catalog: ServiceCatalog;
  readonly #watch: ClusterWatch;
  readonly #runner: DataplaneRunner;
  readonly #stopped = new AbortController();
  #hasSynced = false;

  constructor({ api, commands, config, node, clock }: PipelineOptions) {
    this.catalog = new ServiceCatalog({ config, node });
    this.#runner = createRunner(createNftablesDataplane, { commands, log: silentLogger, clock });
    this.#watch = new ClusterWatch({
      client: api,
      catalog: this.catalog,
      onChange: () => {},
      onListed: () => {},
      clock,
      log: silentLogger,
      signal: this.#stopped.signal,
    });
  }

  /** @param stored objects of an earlier time that stand in for the first lists */
  start(stored?: CatalogObjects): void {
    if (stored !== undefined) this.#watch.restore(stored);
    this.#watch.start();
    this.#watch.needNamespaces();
  }

  get isListed(): boolean {
    return this.#watch.waitingFor().length === 0;
  }

  /** Programs what the watches have brought; all of it the first time. */
  async sync(): Promise<void> {
    const { desired, scope } = this.catalog.takeChanges();
    const share = { ...desired, elsewhere: new Map() };
    const report = await this.#runner.sync(share, this.#hasSynced ? scope : { kind: "full" });
    this.#hasSynced = true;
    assert.deepEqual(report.rejected, []);
  }

  /** As when the process ends: the kernel keeps what it has. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#runner.close();
  }

  async cleanup(): Promise<void> {
    await this.#runner.cleanup();
  }
}
