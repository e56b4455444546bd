import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { CommandRunner } from "../../../../agent/kernel/command/command.ts";
import { renderStoredObjects, parseStoredObjects } from "../../../../agent/watch/stored-objects-format.ts";
import type { ApiObject } from "../../../../platform/kube/api-client.ts";
import { type Resource, resources } from "../../../../platform/kube/resources.ts";
import { AgentPipeline } from "../../../support/agent-pipeline.ts";
import { arbitraryClusterEvent, type ClusterEvent } from "../../../support/arbitrary-cluster-event.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeCommandRunner } from "../../../support/fake-command-runner.ts";
import { readKernelState } from "../../../support/kernel-state.ts";
import {
  makeEndpointSlice,
  makeNodeFacts,
  makeNodeProxyConfig,
  makeService,
} from "../../../support/make-objects.ts";
import { createNftNamespace, type NftNamespace } from "../../../support/nft-namespace.ts";
import { NftModel } from "../../../support/nft-model.ts";

type Event =
  | ClusterEvent
  /** All watches lose their connection; the agent resumes, or lists again where the past is forgotten. */
  | { readonly kind: "disconnect"; readonly pastIsForgotten: boolean }
  /** The agent is killed and started again. */
  | { readonly kind: "restart" }
  /** The node is booted: no rules, and the objects stored at the last "store" until the API server answers. */
  | { readonly kind: "boot"; readonly syncsBeforeLists: boolean }
  | { readonly kind: "store" }
  /** Another process removes our table of one family. */
  | { readonly kind: "flush"; readonly family: "ip" | "ip6" };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: arbitraryClusterEvent },
  fc.record({ kind: fc.constant("disconnect" as const), pastIsForgotten: fc.boolean() }),
  fc.constant({ kind: "restart" } as const),
  fc.constant({ kind: "store" } as const),
  fc.record({ kind: fc.constant("boot" as const), syncsBeforeLists: fc.boolean() }),
  fc.record({ kind: fc.constant("flush" as const), family: fc.constantFrom("ip", "ip6") }),
);

const sequences = fc.array(event, { minLength: 5, maxLength: 40 });

/** A kernel, real or not. */
interface Kernel {
  readonly commands: CommandRunner;
  removeTable(family: "ip" | "ip6"): void;
}

/** One node and a cluster to which things happen. */
class FuzzedNode {
  readonly #api = new FakeApiClient();
  readonly #kernel: Kernel;
  readonly #clock = new FakeClock();
  #pipeline: AgentPipeline;
  #config = makeNodeProxyConfig();
  #node = makeNodeFacts();
  #stored: readonly string[] = [];

  private constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#pipeline = this.#newPipeline(kernel.commands);
  }

  /** The cluster uses both families: a family that falls out of use keeps its table, which a fresh start does not make. */
  static async start(kernel: Kernel): Promise<FuzzedNode> {
    const node = new FuzzedNode(kernel);
    await node.#put(resources.serviceCIDRs, makeServiceCIDR("kubernetes", "10.96.0.0/12", "fd00:96::/108"));
    node.#pipeline.start();
    return node;
  }

  async handle(event: Event): Promise<void> {
    switch (event.kind) {
      case "service":
        if (event.fields === undefined) await this.#remove(resources.services, event.name);
        else await this.#put(resources.services, named(event.name, makeService(event.fields)));
        break;
      case "slice":
        if (event.fields === undefined) await this.#remove(resources.endpointSlices, event.name);
        else await this.#put(resources.endpointSlices, named(event.name, makeEndpointSlice(event.fields)));
        break;
      case "namespace":
        if (event.labels === undefined) await this.#remove(resources.namespaces, event.name);
        else await this.#put(resources.namespaces, { metadata: { name: event.name, labels: event.labels } });
        break;
      case "serviceCIDR":
        if (event.cidr === undefined) await this.#remove(resources.serviceCIDRs, event.name);
        else await this.#put(resources.serviceCIDRs, makeServiceCIDR(event.name, event.cidr));
        break;
      case "config":
        this.#config = makeNodeProxyConfig(event.settings);
        this.#pipeline.catalog.setConfig(this.#config);
        break;
      case "node":
        this.#node = makeNodeFacts(event.facts);
        this.#pipeline.catalog.setNode(this.#node);
        break;
      case "sync":
        await this.sync();
        break;
      case "disconnect":
        if (event.pastIsForgotten) this.#api.expireHistory();
        this.#api.dropConnections(new Error("connection reset"));
        break;
      case "restart":
        await this.#restart(() => this.#pipeline.start());
        break;
      case "store":
        if (this.#pipeline.isListed) {
          this.#stored = [...renderStoredObjects(this.#pipeline.catalog.objects, this.#clock.now())];
        }
        break;
      case "boot":
        await this.#boot(event.syncsBeforeLists);
        break;
      case "flush":
        this.#kernel.removeTable(event.family);
    }
  }

  /** Lets everything arrive and programs it, twice: the first time may find that a table was removed. */
  async sync(): Promise<void> {
    await this.#clock.advance(60_000);
    assert.ok(this.#pipeline.isListed);
    await this.#pipeline.sync();
    await this.#pipeline.sync();
    // What is not in use any more may stay for some time.
    await this.#clock.advance(60_000);
  }

  /** What an agent that has just been started makes of the objects that there are now. */
  async programAfresh(commands: CommandRunner): Promise<void> {
    const fresh = this.#newPipeline(commands);
    fresh.start();
    await settle();
    assert.ok(fresh.isListed);
    await fresh.sync();
    await fresh.stop();
  }

  async end(): Promise<void> {
    await this.#pipeline.cleanup();
    await this.#pipeline.stop();
  }

  async #boot(syncsBeforeLists: boolean): Promise<void> {
    for (const family of ["ip", "ip6"] as const) this.#kernel.removeTable(family);
    const stored = this.#stored.join("").split("\n").slice(0, -1);
    if (stored.length === 0) return;
    const snapshot = await parseStoredObjects(asyncOf(stored));
    await this.#restart(() => this.#pipeline.start(snapshot));
    if (syncsBeforeLists) await this.#pipeline.sync();
  }

  async #restart(start: () => void): Promise<void> {
    await this.#pipeline.stop();
    this.#pipeline = this.#newPipeline(this.#kernel.commands);
    start();
  }

  #newPipeline(commands: CommandRunner): AgentPipeline {
    const { clock, config, node } = { clock: this.#clock, config: this.#config, node: this.#node };
    return new AgentPipeline({ api: this.#api, commands, config, node, clock });
  }

  async #remove(resource: Resource, name: string): Promise<void> {
    await this.#api.delete(refOf(resource, name));
  }

  async #put(resource: Resource, object: ApiObject & { readonly status?: object }): Promise<void> {
    const ref = refOf(resource, object.metadata.name);
    if ((await this.#api.get(ref)) === undefined) await this.#api.create(resource, object);
    else await this.#api.update(resource, object);
    if (object.status === undefined) return;
    const noIngress = { status: { loadBalancer: { ingress: null } } };
    await this.#api.mergePatch(ref, noIngress, { subresource: "status" });
    await this.#api.mergePatch(ref, { status: object.status }, { subresource: "status" });
  }
}

function refOf(resource: Resource, name: string) {
  return { resource, name, ...(resource.namespaced ? { namespace: "default" } : {}) };
}

/** The makers of test objects also make what no API server lets pass, and so leave the types open. */
function named(
  name: string,
  object: { readonly metadata: object },
): ApiObject & { readonly status?: object } {
  const metadata = { ...object.metadata, name, namespace: "default" };
  return { ...object, metadata };
}

function makeServiceCIDR(name: string, ...cidrs: readonly string[]) {
  return { metadata: { name }, spec: { cidrs } };
}

async function* asyncOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

describe("whatever happens to the objects, the agent and its tables, the kernel ends as after a fresh start", () => {
  it("in a model of the kernel", async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (events) => {
        const model = new NftModel();
        const node = await FuzzedNode.start({
          commands: new FakeCommandRunner(model.commands),
          removeTable: (family) => void model.apply([`delete table ${family} kubesteer`]),
        });
        for (const event of events) await node.handle(event);
        await node.sync();
        const fresh = new NftModel();
        await node.programAfresh(new FakeCommandRunner(fresh.commands));
        assert.deepEqual(model.snapshot({ without: ["rev"] }), fresh.snapshot({ without: ["rev"] }));
        await node.end();
      }),
      { numRuns: 100, endOnFailure: true },
    );
  }).timeout(60_000);

  describe("in the real kernel", () => {
    let node: NftNamespace;
    let fresh: NftNamespace;

    before(function () {
      node = createNftNamespace(this);
      fresh = createNftNamespace(this);
    });
    after(() => {
      node?.remove();
      fresh?.remove();
    });

    for (const [index, events] of fc.sample(sequences, { numRuns: 15, seed: 2026 }).entries()) {
      it(`sequence ${index + 1}`, async () => {
        const fuzzed = await FuzzedNode.start({
          commands: node.commands,
          removeTable: (family) =>
            node.nft(`add table ${family} kubesteer; delete table ${family} kubesteer`),
        });
        for (const event of events) await fuzzed.handle(event);
        await fuzzed.sync();
        fresh.nft("flush", "ruleset");
        await fuzzed.programAfresh(fresh.commands);
        const state = await readKernelState(node.name);
        assert.deepEqual(state, await readKernelState(fresh.name));
        await fuzzed.end();
      }).timeout(60_000);
    }
  });
});
