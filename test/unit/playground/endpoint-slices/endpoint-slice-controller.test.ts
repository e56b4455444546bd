import assert from "node:assert/strict";
import { runEndpointSliceController } from "../../../../playground/endpoint-slices/endpoint-slice-controller.ts";
import type {
  EndpointSliceObject,
  PodObject,
  ServiceObject,
} from "../../../../playground/endpoint-slices/kube-objects.ts";
import { nodeObjects, podObjects } from "../../../../playground/nodes/api-objects.ts";
import { planNetwork } from "../../../../playground/nodes/network-plan.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

const network = planNetwork("unit");

const service: ServiceObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default" },
  spec: {
    selector: { app: "web" },
    clusterIP: "10.96.0.10",
    clusterIPs: ["10.96.0.10"],
    ports: [{ port: 80, targetPort: "http" }],
  },
};
const serviceRef = { resource: resources.services, name: "web", namespace: "default" };

describe("endpoint slice controller", () => {
  let client: FakeApiClient;
  let clock: FakeClock;
  let controller: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    client = new FakeApiClient();
    clock = new FakeClock();
    for (const node of nodeObjects(network)) await client.create(resources.nodes, node);
    for (const pod of podObjects(network)) await createPod(pod);
    controller = new AbortController();
    running = runEndpointSliceController({ client, clock, log: silentLogger, signal: controller.signal });
    await settle();
  });

  afterEach(async () => {
    controller.abort();
    await running;
  });

  async function createPod(pod: PodObject): Promise<void> {
    const { name, namespace = "" } = pod.metadata;
    await client.create(resources.pods, pod);
    await client.mergePatch(
      { resource: resources.pods, name, namespace },
      { status: pod.status },
      { subresource: "status" },
    );
  }

  function slices(): readonly EndpointSliceObject[] {
    return client.objects<EndpointSliceObject>(resources.endpointSlices);
  }

  function addresses(): readonly string[] {
    return slices().flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => endpoint.addresses));
  }

  it("creates a slice for a new Service", async () => {
    await client.create(resources.services, service);
    await settle();
    assert.deepEqual(addresses(), ["10.244.1.10", "10.244.2.10", "10.244.3.10"]);
  });

  it("records the time of the change", async () => {
    await clock.advance(5_000);
    await client.create(resources.services, service);
    await settle();
    assert.deepEqual(
      slices().map(
        ({ metadata }) => metadata.annotations?.["endpoints.kubernetes.io/last-change-trigger-time"],
      ),
      ["2026-01-01T00:00:05.000Z"],
    );
  });

  it("removes a deleted pod", async () => {
    await client.create(resources.services, service);
    await settle();
    await client.delete({ resource: resources.pods, name: "pod2a", namespace: "default" });
    await settle();
    assert.deepEqual(addresses(), ["10.244.1.10", "10.244.3.10"]);
  });

  it("writes nothing after an irrelevant change", async () => {
    await client.create(resources.services, service);
    await settle();
    const written = slices()[0]?.metadata.resourceVersion;
    await client.mergePatch(serviceRef, { metadata: { annotations: { note: "changed" } } });
    await settle();
    assert.equal(slices()[0]?.metadata.resourceVersion, written);
  });

  it("deletes the slices of a deleted Service", async () => {
    await client.create(resources.services, service);
    await settle();
    await client.delete(serviceRef);
    await settle();
    assert.deepEqual(slices(), []);
  });

  it("recreates a slice that another client deleted", async () => {
    await client.create(resources.services, service);
    await settle();
    const name = slices()[0]?.metadata.name ?? "";
    await client.delete({ resource: resources.endpointSlices, name, namespace: "default" });
    await settle();
    assert.deepEqual(
      slices().map(({ metadata }) => metadata.name),
      [name],
    );
  });

  it("does not change slices of other controllers", async () => {
    const foreign = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "foreign", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      endpoints: [],
      ports: [],
    };
    await client.create(resources.endpointSlices, foreign);
    await client.create(resources.services, service);
    await settle();
    await client.delete(serviceRef);
    await settle();
    assert.deepEqual(
      slices().map(({ metadata }) => metadata.name),
      ["foreign"],
    );
  });

  it("retries after a rejected write", async () => {
    client.failNext("create", new Error("the connection broke"), { resource: resources.endpointSlices });
    await client.create(resources.services, service);
    await settle();
    assert.deepEqual(slices(), []);
    await clock.advance(10_000);
    assert.equal(addresses().length, 3);
  });
});
