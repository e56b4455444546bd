import assert from "node:assert/strict";
import { ServiceCatalog } from "../../../../agent/services/catalog/service-catalog.ts";
import { ClusterWatch } from "../../../../agent/watch/cluster-watch.ts";
import type { ApiObject } from "../../../../platform/kube/api-client.ts";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../support/make-objects.ts";

const notFound = new ApiError({ statusCode: 404, reason: "NotFound", message: "no such resource" });

function makeService(
  name: string,
  clusterIP: string,
  labels: Readonly<Record<string, string>> = {},
): ApiObject {
  const spec = { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] };
  return Object.assign({ metadata: { name, namespace: "ns", labels } }, { spec });
}

function makeSlice(service: string, labels: Readonly<Record<string, string>> = {}): ApiObject {
  const metadata = {
    name: `${service}-1`,
    namespace: "ns",
    labels: { "kubernetes.io/service-name": service, ...labels },
  };
  const endpoints = [{ addresses: ["10.1.0.5"] }];
  return Object.assign({ metadata }, { addressType: "IPv4", ports: [{ name: "", port: 80 }], endpoints });
}

describe("cluster watch", () => {
  let api: FakeApiClient;
  let clock: FakeClock;
  let catalog: ServiceCatalog;
  let watch: ClusterWatch;
  let seen: string[];
  let stop: AbortController;

  beforeEach(() => {
    api = new FakeApiClient();
    clock = new FakeClock();
    catalog = new ServiceCatalog({ config: makeNodeProxyConfig(), node: makeNodeFacts() });
    seen = [];
    stop = new AbortController();
    watch = new ClusterWatch({
      client: api,
      catalog,
      onChange: (kind) => seen.push(`changed ${kind}`),
      onListed: (kind) => seen.push(`listed ${kind}`),
      clock,
      log: silentLogger,
      signal: stop.signal,
    });
  });

  afterEach(() => stop.abort());

  function services(): readonly string[] {
    return [...catalog.takeChanges().desired.services.keys()];
  }

  function endpoints(): readonly string[] {
    const ports = [...catalog.takeChanges().desired.services.values()].flatMap((service) => service.ports);
    return ports.flatMap((port) => port.clusterEndpoints.map(({ address }) => address));
  }

  it("waits for all first lists, and then for none", async () => {
    api.failNext("watch", new Error("connection refused"), { times: 2 });
    watch.start();
    assert.deepEqual(watch.waitingFor(), ["Services", "EndpointSlices", "ServiceCIDRs"]);
    await clock.advance(1_000);
    assert.deepEqual(watch.waitingFor(), []);
    assert.deepEqual(seen.toSorted(), ["listed EndpointSlices", "listed ServiceCIDRs", "listed Services"]);
  });

  it("Services come and go", async () => {
    await api.create(resources.services, makeService("a", "10.96.0.10"));
    watch.start();
    await settle();
    assert.deepEqual(services(), ["ns/a"]);
    await api.create(resources.services, makeService("b", "10.96.0.11"));
    await api.delete({ resource: resources.services, name: "a", namespace: "ns" });
    assert.deepEqual(services(), ["ns/b"]);
  });

  it("endpoints come and go", async () => {
    await api.create(resources.services, makeService("a", "10.96.0.10"));
    await api.create(resources.endpointSlices, makeSlice("a"));
    watch.start();
    await settle();
    assert.deepEqual(endpoints(), ["10.1.0.5"]);
    await api.delete({ resource: resources.endpointSlices, name: "a-1", namespace: "ns" });
    assert.deepEqual(endpoints(), []);
  });

  it("Services of another proxy and EndpointSlices of headless Services are not even asked for", async () => {
    const other = { "service.kubernetes.io/service-proxy-name": "other" };
    await api.create(resources.services, makeService("a", "10.96.0.10", other));
    await api.create(resources.endpointSlices, makeSlice("b", { "service.kubernetes.io/headless": "" }));
    watch.start();
    await settle();
    assert.deepEqual(services(), []);
    assert.deepEqual(
      seen.filter((entry) => entry.startsWith("changed")),
      [],
    );
  });

  it("only the label of the Service says that another proxy serves it, not that of its EndpointSlices", async () => {
    const other = { "service.kubernetes.io/service-proxy-name": "other" };
    await api.create(resources.services, makeService("a", "10.96.0.10"));
    await api.create(resources.endpointSlices, makeSlice("a", other));
    watch.start();
    await settle();
    assert.deepEqual(endpoints(), ["10.1.0.5"]);
  });

  it("an API server without ServiceCIDRs is not waited for, and asked again later", async () => {
    api.failNext("list", notFound, { resource: resources.serviceCIDRs });
    await api.create(
      resources.serviceCIDRs,
      Object.assign({ metadata: { name: "kubernetes" } }, { spec: { cidrs: ["10.96.0.0/16"] } }),
    );
    watch.start();
    await settle();
    assert.deepEqual(watch.waitingFor(), []);
    assert.deepEqual(catalog.takeChanges().desired.node.ipv4.serviceCIDRs, []);
    await clock.advance(600_000);
    assert.deepEqual(catalog.takeChanges().desired.node.ipv4.serviceCIDRs, ["10.96.0.0/16"]);
  });

  it("an API server that cannot be reached is waited for", async () => {
    api.failNext("list", new Error("connection refused"), { resource: resources.serviceCIDRs, times: 3 });
    watch.start();
    await settle();
    assert.deepEqual(watch.waitingFor(), ["ServiceCIDRs"]);
    await clock.advance(2_000);
    assert.deepEqual(watch.waitingFor(), []);
  });

  it("Namespaces are followed from the first need on, once", async () => {
    watch.start();
    await settle();
    api.failNext("watch", new Error("connection refused"), { resource: resources.namespaces });
    watch.needNamespaces();
    watch.needNamespaces();
    assert.deepEqual(watch.waitingFor(), ["Namespaces"]);
    await clock.advance(1_000);
    assert.deepEqual(watch.waitingFor(), []);
    const watches = api.calls.filter(
      ({ method, resource }) => method === "watch" && resource.plural === "namespaces",
    );
    assert.equal(watches.length, 2, "the one that failed, and one more");
  });
});
