/** Permissions of the service accounts of operator and agents, with RBAC and the admission policy of `config/rbac`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { apiGroup, apiGroupVersion } from "../../crds/api.ts";
import { createKubectl } from "../../playground/kubectl.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { createApiRequests, type ApiAnswer, type ApiRequests } from "../support/api-requests.ts";
import { startApiUnderTest, type ApiUnderTest } from "../support/api-under-test.ts";
import { requestAgentToken, requestToken } from "../support/service-accounts.ts";
import { skipBecause } from "../support/skip.ts";

const nodes = ["node-1", "node-2"];
const nodeProxies = `/apis/${apiGroupVersion}/nodeproxies`;
const proxyConfigs = `/apis/${apiGroupVersion}/proxyconfigs`;
const proxyConfig = { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name: "default" } };
const controllerRevisions = "/apis/apps/v1/namespaces/kube-system/controllerrevisions";
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const accessReviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const noWrite = "?dryRun=All&force=true&fieldManager=rights";

/** `agentOutsidePods` has a token of the agent's service account that is not bound to a node. */
type Caller = "agentOfNode1" | "agentOutsidePods" | "operator";

function nodeProxy(name: string): object {
  const spec = { configName: "default", revision: "r1", config: {}, node: {} };
  return { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name }, spec };
}

function nodeProxyStatus(name: string): object {
  return { ...nodeProxy(name), spec: undefined, status: { runningMode: "nftables" } };
}

function controllerRevision(name: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: { name },
    data: { config: {} },
    revision: 1,
  };
}

function event(): object {
  return { metadata: { generateName: "e-" }, involvedObject: { kind: "Node", name: "node-1" }, reason: "R" };
}

function created(answer: ApiAnswer): ApiAnswer {
  assert.equal(answer.code, 201, answer.text);
  return answer;
}

describe("permissions", function () {
  this.timeout(60_000);
  let server: ApiUnderTest;
  let admin: ApiRequests;
  let as: Readonly<Record<Caller, ApiRequests>>;

  before(async function () {
    server = await startApiUnderTest();
    if (server.kind === "embedded") skipBecause(this, "the embedded API server has no authorization");
    admin = createApiRequests(server);
    const kubectl = createKubectl({ kubeconfig: server.kubeconfig, home: server.folder });
    const config = join(import.meta.dirname, "../../config/default");
    const { exitCode, stderr } = await kubectl(["apply", "--server-side", "-k", config]);
    assert.equal(exitCode, 0, stderr);
    for (const name of nodes) created(await admin.post("/api/v1/nodes", { metadata: { name } }));
    for (const name of nodes) {
      await waitUntil(`NodeProxy ${name}`, async () => {
        return (await admin.post(nodeProxies, nodeProxy(name))).code === 201;
      });
    }
    created(await admin.post(proxyConfigs, { ...proxyConfig, spec: {} }));
    created(await admin.post(controllerRevisions, controllerRevision("stored")));
    const { url } = server;
    as = {
      agentOfNode1: createApiRequests({ url, token: await requestAgentToken(server, "node-1") }),
      agentOutsidePods: createApiRequests({ url, token: await requestToken(server, "kubesteer-agent") }),
      operator: createApiRequests({ url, token: await requestToken(server, "kubesteer-operator") }),
    };
    await waitUntil("the policy to take effect", async () => {
      return (await writeStatus("agentOutsidePods", "node-1")).code === 403;
    });
  });

  after(() => server?.close());

  function writeStatus(caller: Caller, name: string): Promise<ApiAnswer> {
    return as[caller].patch(`${nodeProxies}/${name}/status${noWrite}`, nodeProxyStatus(name), "apply");
  }

  async function isAllowed(caller: Caller, resourceAttributes: object): Promise<boolean> {
    const { body } = created(await as[caller].post(accessReviews, { spec: { resourceAttributes } }));
    const allowed: unknown = body["status"]?.["allowed"];
    return allowed === true;
  }

  it("an agent may write the status of its own node", async () => {
    const answer = await writeStatus("agentOfNode1", "node-1");
    assert.equal(answer.code, 200, answer.text);
  });

  it("an agent may not write the status of another node", async () => {
    const answer = await writeStatus("agentOfNode1", "node-2");
    assert.equal(answer.code, 403, answer.text);
    assert.match(answer.text, /the agent of node node-1 may not write NodeProxy node-2/);
  });

  it("a token without a node may not write any status", async () => {
    const answer = await writeStatus("agentOutsidePods", "node-1");
    assert.equal(answer.code, 403, answer.text);
    assert.match(answer.text, /the service account token is not bound to a node/);
  });

  it("the operator may not write the status for agents", async () => {
    assert.equal((await writeStatus("operator", "node-1")).code, 403);
  });

  const reads: readonly {
    readonly group?: string;
    readonly resource: string;
    readonly by: readonly Caller[];
  }[] = [
    { resource: "services", by: ["agentOfNode1"] },
    { resource: "namespaces", by: ["agentOfNode1"] },
    { group: "discovery.k8s.io", resource: "endpointslices", by: ["agentOfNode1"] },
    { group: "networking.k8s.io", resource: "servicecidrs", by: ["agentOfNode1"] },
    { resource: "nodes", by: ["agentOfNode1", "operator"] },
    { group: apiGroup, resource: "nodeproxies", by: ["agentOfNode1", "operator"] },
    { group: apiGroup, resource: "proxyconfigs", by: ["operator"] },
    { resource: "secrets", by: [] },
    { resource: "configmaps", by: [] },
    { resource: "pods", by: [] },
  ];
  for (const { group, resource, by } of reads) {
    it(`${resource} are listed and watched by ${by.join(" and ") || "no one"}`, async () => {
      for (const caller of ["agentOfNode1", "operator"] as const) {
        for (const verb of ["list", "watch"]) {
          assert.equal(
            await isAllowed(caller, { verb, group, resource }),
            by.includes(caller),
            `${caller} ${verb}`,
          );
        }
      }
    });
  }

  const leaseUses: readonly {
    readonly name: string;
    readonly verbs: readonly string[];
    readonly by: readonly Caller[];
  }[] = [
    { name: "kubesteer-operator", verbs: ["get", "update"], by: ["operator"] },
    { name: "kubesteer-operator", verbs: ["list", "watch", "patch", "delete"], by: [] },
    { name: "kube-scheduler", verbs: ["get", "update", "patch", "delete"], by: [] },
  ];
  for (const { name, verbs, by } of leaseUses) {
    it(`${verbs.join(", ")} of Lease ${name} is allowed for ${by.join(" and ") || "no one"}`, async () => {
      const lease = { group: "coordination.k8s.io", resource: "leases", namespace: "kube-system", name };
      for (const caller of ["agentOfNode1", "operator"] as const) {
        for (const verb of verbs) {
          assert.equal(await isAllowed(caller, { ...lease, verb }), by.includes(caller), `${caller} ${verb}`);
        }
      }
    });
  }

  const historyUses: readonly {
    readonly namespace: string | undefined;
    readonly verbs: readonly string[];
    readonly by: readonly Caller[];
  }[] = [
    { namespace: "kube-system", verbs: ["list", "watch", "create", "patch", "delete"], by: ["operator"] },
    { namespace: "kube-system", verbs: ["update", "deletecollection"], by: [] },
    { namespace: "default", verbs: ["list", "watch", "create", "patch", "delete"], by: [] },
    { namespace: undefined, verbs: ["list", "watch", "create", "patch", "delete"], by: [] },
  ];
  for (const { namespace, verbs, by } of historyUses) {
    const where = namespace ?? "any namespace";
    it(`${verbs.join(", ")} of ControllerRevisions in ${where} is allowed for ${by.join(" and ") || "no one"}`, async () => {
      const revisions = { group: "apps", resource: "controllerrevisions", namespace };
      for (const caller of ["agentOfNode1", "operator"] as const) {
        for (const verb of verbs) {
          assert.equal(
            await isAllowed(caller, { ...revisions, verb }),
            by.includes(caller),
            `${caller} ${verb}`,
          );
        }
      }
    });
  }

  const writes: readonly {
    readonly name: string;
    readonly write: (api: ApiRequests) => Promise<ApiAnswer>;
    readonly by: readonly Caller[];
  }[] = [
    {
      name: "a new NodeProxy",
      write: (api) => api.patch(`${nodeProxies}/node-3${noWrite}`, nodeProxy("node-3"), "apply"),
      by: ["operator"],
    },
    {
      name: "the spec of a NodeProxy",
      write: (api) => api.patch(`${nodeProxies}/node-1${noWrite}`, nodeProxy("node-1"), "apply"),
      by: ["operator"],
    },
    {
      name: "the deletion of a NodeProxy",
      write: (api) => api.delete(`${nodeProxies}/node-1?dryRun=All`),
      by: ["operator"],
    },
    {
      name: "a ProxyConfig",
      write: (api) => api.patch(`${proxyConfigs}/default?dryRun=All`, { spec: {} }),
      by: [],
    },
    {
      name: "the status of a ProxyConfig",
      write: (api) => api.patch(`${proxyConfigs}/default/status?dryRun=All`, { status: {} }),
      by: ["operator"],
    },
    { name: "a Node", write: (api) => api.patch("/api/v1/nodes/node-1?dryRun=All", {}), by: [] },
    {
      name: "an Event",
      write: (api) => api.post("/api/v1/namespaces/default/events?dryRun=All", event()),
      by: ["agentOfNode1", "operator"],
    },
    {
      name: "a new ControllerRevision",
      write: (api) => api.patch(`${controllerRevisions}/new${noWrite}`, controllerRevision("new"), "apply"),
      by: ["operator"],
    },
    {
      name: "a stored ControllerRevision",
      write: (api) =>
        api.patch(`${controllerRevisions}/stored${noWrite}`, controllerRevision("stored"), "apply"),
      by: ["operator"],
    },
    {
      name: "the end of a ControllerRevision",
      write: (api) => api.delete(`${controllerRevisions}/stored?dryRun=All`),
      by: ["operator"],
    },
    {
      name: "a new Lease",
      write: (api) => api.post(`${leases}?dryRun=All`, { metadata: { name: "kubesteer-operator" } }),
      by: ["operator"],
    },
  ];
  for (const { name, write, by } of writes) {
    it(`${name} is written by ${by.join(" and ") || "no one"}`, async () => {
      for (const caller of ["agentOfNode1", "operator"] as const) {
        const { code, text } = await write(as[caller]);
        if (by.includes(caller)) assert.ok(code === 200 || code === 201, `${caller}: ${text}`);
        else assert.equal(code, 403, `${caller}: ${text}`);
      }
    });
  }
});
