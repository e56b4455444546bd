import { ResourceEventType, type ResourceEvent } from "@dot-i/k8s-operator";
import { KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { ResourceWatcher } from "../../../../operator/watch/resource-watcher.ts";
import { TerminalError } from "../../../../platform/errors.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

const { nodes, leases } = resources;

function makeKubeConfig(): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: "c", server: "https://192.0.2.1:6443", skipTLSVerify: false },
    { name: "u" },
  );
  return kubeConfig;
}

/** Watches Nodes, and Leases of one namespace, and keeps what it receives. */
class Recorder extends ResourceWatcher {
  readonly events: ResourceEvent[] = [];
  onEvent: () => Promise<void> = () => Promise.resolve();

  protected override async init(): Promise<void> {
    const record = async (event: ResourceEvent) => {
      this.events.push(event);
      await this.onEvent();
    };
    await this.watchResource(nodes.group, nodes.version, nodes.plural, record);
    await this.watchResource(leases.group, leases.version, leases.plural, record, "kube-system");
  }

  seen(): readonly string[] {
    return this.events.map(({ type, meta }) => `${type} ${meta.namespace ?? ""}/${meta.name}`);
  }

  uriOf(group: string, version: string, plural: string, namespace?: string): string {
    return this.getCustomResourceApiUri(group, version, plural, namespace);
  }

  register(): Promise<unknown> {
    return this.registerCustomResourceDefinition("crd.yaml");
  }

  watch(plural: string): Promise<void> {
    return this.watchResource("", "v1", plural, () => Promise.resolve());
  }
}

function makeRecorder() {
  const client = new FakeApiClient();
  const clock = new FakeClock();
  const recorder = new Recorder({ kubeConfig: makeKubeConfig(), client, clock, log: silentLogger });
  return { client, clock, recorder };
}

function makeObject(name: string, labels = {}, namespace?: string) {
  return { metadata: { name, labels, ...(namespace !== undefined && { namespace }) } };
}

describe("ResourceWatcher", () => {
  it("has handed over everything there is when it has started", async () => {
    const { client, recorder } = makeRecorder();
    await client.create(nodes, makeObject("a"));
    await client.create(leases, makeObject("b", {}, "kube-system"));
    await client.create(leases, makeObject("c", {}, "default"));
    await recorder.start();
    assert.deepEqual(recorder.seen(), ["ADDED /a", "ADDED kube-system/b"]);
    recorder.stop();
    await recorder.stopped();
  });

  it("reports what is added, modified and deleted, with kind and apiVersion", async () => {
    const { client, recorder } = makeRecorder();
    await recorder.start();
    await client.create(nodes, makeObject("a"));
    await client.update(nodes, makeObject("a", { pool: "edge" }));
    await client.delete({ resource: nodes, name: "a" });
    await client.create(nodes, makeObject("a"));
    assert.deepEqual(recorder.seen(), ["ADDED /a", "MODIFIED /a", "DELETED /a", "ADDED /a"]);
    for (const { meta } of recorder.events) {
      assert.deepEqual([meta.id, meta.apiVersion, meta.kind], ["nodes.v1", "v1", "Node"]);
    }
    recorder.stop();
    await recorder.stopped();
  });

  it("goes on after a lost connection, and learns what was deleted meanwhile", async () => {
    const { client, clock, recorder } = makeRecorder();
    await client.create(nodes, makeObject("a"));
    await recorder.start();
    client.dropConnections(new Error("connection reset"));
    await client.delete({ resource: nodes, name: "a" });
    await client.create(nodes, makeObject("b"));
    client.expireHistory();
    await clock.advance(60_000);
    assert.deepEqual(new Set(recorder.seen()), new Set(["ADDED /a", "DELETED /a", "ADDED /b"]));
    assert.equal(recorder.events.find(({ meta }) => meta.name === "b")?.type, ResourceEventType.Added);
    recorder.stop();
    await recorder.stopped();
  });

  it("goes on when handling an event fails", async () => {
    const { client, recorder } = makeRecorder();
    recorder.onEvent = () => Promise.reject(new Error("handler"));
    await recorder.start();
    await client.create(nodes, makeObject("a"));
    await client.create(nodes, makeObject("b"));
    await settle();
    assert.deepEqual(recorder.seen(), ["ADDED /a", "ADDED /b"]);
    recorder.stop();
    await recorder.stopped();
  });

  it("stops while it waits for the API server", async () => {
    const { client, recorder } = makeRecorder();
    client.failNext("watch", new Error("connection refused"), { times: 100 });
    const started = recorder.start();
    await settle();
    recorder.stop();
    recorder.stop();
    await started;
    await recorder.stopped();
    assert.equal(client.openWatches, 0);
  });

  it("builds addresses on the server of the kubeconfig", () => {
    const { recorder } = makeRecorder();
    assert.equal(recorder.uriOf("", "v1", "nodes"), "https://192.0.2.1:6443/api/v1/nodes");
    assert.equal(
      recorder.uriOf("coordination.k8s.io", "v1", "leases", "ns"),
      "https://192.0.2.1:6443/apis/coordination.k8s.io/v1/namespaces/ns/leases",
    );
  });

  it("does not install definitions, nor watch what it does not know", async () => {
    const { recorder } = makeRecorder();
    await assert.rejects(recorder.register(), TerminalError);
    await assert.rejects(recorder.watch("gadgets"), TerminalError);
  });
});
