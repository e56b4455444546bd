/** Our kinds on an API server: what their schemas default, reject, print and merge. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { apiGroupVersion } from "../../crds/api.ts";
import { parseProxyConfig } from "../../crds/load-proxy-config.ts";
import { createApiRequests, type ApiAnswer, type ApiRequests, type Json } from "../support/api-requests.ts";
import { startApiUnderTest, type ApiUnderTest } from "../support/api-under-test.ts";
import { acceptedSpecs, refusedSpecs } from "../unit/crds/proxy-config-specs.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const proxyConfigs = `/apis/${apiGroupVersion}/proxyconfigs`;
const nodeProxies = `/apis/${apiGroupVersion}/nodeproxies`;
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: object;
}

function proxyConfig(name: string, spec: object): Resource {
  return { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name }, spec };
}

/** A ProxyConfig with one rule for one Service, which has the name of the rule. */
function withRule(proxyConfigName: string, ruleName: string, mode: string): Resource {
  return proxyConfig(proxyConfigName, { services: [{ name: ruleName, names: [`shop/${ruleName}`], mode }] });
}

function withNodeLabel(name: string, label: string): Resource {
  return proxyConfig(name, { nodeSelector: { matchLabels: { [label]: "x" } } });
}

const lastTransitionTime = "2026-01-02T03:04:05Z";

const nodeProxy: Resource = {
  apiVersion: apiGroupVersion,
  kind: "NodeProxy",
  metadata: { name: "node-1" },
  spec: { configName: "default", revision: "r1", config: {} },
};

/** Bodies of the causes: `field: message`. */
function causesOf({ body }: ApiAnswer): readonly string[] {
  const causes = body["details"]?.["causes"] as readonly { field: string; message: string }[] | undefined;
  return causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
}

describe("custom resources", function () {
  this.timeout(60_000);
  let api: ApiUnderTest;
  let requests: ApiRequests;

  before(async () => {
    api = await startApiUnderTest();
    requests = createApiRequests(api);
    for (const plural of ["proxyconfigs", "nodeproxies"]) {
      const file = join(import.meta.dirname, `../../crds/kubesteer.dev_${plural}.yaml`);
      const path = `${definitions}/${plural}.kubesteer.dev?fieldManager=test`;
      const answer = await requests.patch(path, parse(readFileSync(file, "utf8")), "apply");
      assert.equal(answer.code, 201, answer.text);
      await established(plural);
    }
  });

  after(() => api.close());

  /** A CustomResourceDefinition is served shortly after it was accepted. */
  async function established(plural: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const { code } = await requests.get(`/apis/${apiGroupVersion}/${plural}`);
      if (code === 200) return;
      await delay(100);
    }
    assert.fail(`${plural} are not served`);
  }

  async function create(path: string, object: Resource): Promise<Json> {
    await requests.delete(`${path}/${object.metadata.name}`);
    const answer = await requests.post(path, object);
    assert.equal(answer.code, 201, answer.text);
    return answer.body;
  }

  describe("definitions", () => {
    it("are structural and have no conflicting names", async () => {
      const { body } = await requests.get(`${definitions}/proxyconfigs.kubesteer.dev`);
      const conditions = (body["status"]?.["conditions"] ?? []) as readonly {
        type: string;
        status: string;
      }[];
      const statuses = Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
      assert.equal(statuses["NamesAccepted"], "True");
      assert.equal(statuses["Established"], "True");
      assert.equal(statuses["NonStructuralSchema"], undefined);
    });
  });

  describe("a ProxyConfig", () => {
    it("gets the same defaults as a ProxyConfig from a file", async () => {
      const object = proxyConfig("defaults", {});
      const created = await create(proxyConfigs, object);
      assert.deepEqual(created["spec"], parseProxyConfig(object).spec);
    });

    it("gets the missing defaults of an incomplete object", async () => {
      const created = await create(
        proxyConfigs,
        proxyConfig("partly", { rollout: { canary: { nodes: "5%" } } }),
      );
      assert.deepEqual(created["spec"]?.["rollout"]?.["canary"], { nodes: "5%", soakSeconds: 30 });
    });

    for (const { name, spec } of acceptedSpecs) {
      it(`is accepted with ${name}`, async () => {
        await create(proxyConfigs, proxyConfig("accepted", spec));
      });
    }

    for (const { name, spec, errors } of refusedSpecs) {
      it(`is rejected with ${name}, and the message has the field and the allowed values`, async () => {
        const answer = await requests.post(proxyConfigs, proxyConfig("refused", spec));
        assert.equal(answer.code, 422, answer.text);
        const causes = causesOf(answer);
        for (const error of errors)
          assert.ok(causes.includes(error), `${error}\nis not among\n${causes.join("\n")}`);
      });
    }

    it("is rejected with a name that is too long for a label value", async () => {
      const answer = await requests.post(proxyConfigs, proxyConfig("x".repeat(64), {}));
      assert.equal(answer.code, 422);
      assert.match(answer.text, /metadata\.name must be no more than 63 characters/);
    });

    it("is rejected without a spec", async () => {
      const { spec, ...withoutSpec } = proxyConfig("refused", {});
      const answer = await requests.post(proxyConfigs, withoutSpec);
      assert.deepEqual(causesOf(answer).slice(0, 1), ["spec: Required value"], JSON.stringify(spec));
    });

    it("loses unknown fields, or is rejected if the client requests strict validation", async () => {
      const misspelt = proxyConfig("misspelt", { modes: "nftables" });
      const strict = await requests.post(`${proxyConfigs}?fieldValidation=Strict`, misspelt);
      assert.equal(strict.code, 400);
      assert.match(strict.text, /unknown field \\"spec\.modes\\"/);
      const lenient = await requests.post(`${proxyConfigs}?fieldValidation=Ignore`, misspelt);
      assert.equal(lenient.code, 201);
      assert.equal(lenient.body["spec"]?.["modes"], undefined);
    });

    it("prints its columns", async () => {
      await create(proxyConfigs, proxyConfig("printed", { mode: "ipvs", priority: 7 }));
      await requests.patch(`${proxyConfigs}/printed/status`, {
        status: {
          nodes: { selected: 5, updated: 4, ready: 3, failed: 1, unsupported: 0, drifted: 0, overridden: 0 },
          updateRevision: "abc",
          rollout: { stage: "waves 2/3" },
          conditions: [
            {
              type: "Ready",
              status: "False",
              reason: "RollingOut",
              message: "3 of 5 nodes are ready",
              lastTransitionTime: "2026-01-02T03:04:05Z",
            },
          ],
        },
      });
      const { body } = await requests.get(`${proxyConfigs}/printed`, { accept: table });
      const columns = body["columnDefinitions"] as unknown as readonly { name: string; priority: number }[];
      const [row] = body["rows"] as unknown as readonly { cells: readonly unknown[] }[];
      const cells = Object.fromEntries(columns.map(({ name }, index) => [name, row?.cells[index]]));
      assert.match(String(cells["Age"]), /^\d+s$/);
      assert.deepEqual(
        { ...cells, Age: undefined },
        {
          Name: "printed",
          Mode: "ipvs",
          Algorithm: "Random",
          Nodes: 5,
          Updated: 4,
          Ready: 3,
          Status: "RollingOut",
          Stage: "waves 2/3",
          Age: undefined,
          Priority: 7,
          Affinity: "Service",
          Revision: "abc",
          Message: "3 of 5 nodes are ready",
        },
      );
      assert.deepEqual(
        columns.filter(({ priority }) => priority > 0).map(({ name }) => name),
        ["Priority", "Affinity", "Revision", "Message"],
      );
    });

    it("separates spec and status: only spec changes the generation, and neither path writes the other", async () => {
      await create(proxyConfigs, proxyConfig("apart", { priority: 1 }));
      const bySpec = await requests.patch(`${proxyConfigs}/apart`, {
        spec: { priority: 2 },
        status: { currentRevision: "sneaked" },
      });
      assert.equal(bySpec.body["metadata"]?.["generation"], 2);
      assert.equal(bySpec.body["status"]?.["currentRevision"], undefined);
      const byStatus = await requests.patch(`${proxyConfigs}/apart/status`, {
        spec: { priority: 3 },
        status: { currentRevision: "r1" },
      });
      assert.equal(byStatus.body["metadata"]?.["generation"], 2);
      assert.equal(byStatus.body["spec"]?.["priority"], 2);
      assert.equal(byStatus.body["status"]?.["currentRevision"], "r1");
    });

    it("merges the rules of several writers by name", async () => {
      const path = `${proxyConfigs}/merged?fieldManager=`;
      await requests.patch(`${path}first`, withRule("merged", "a", "userspace"), "apply");
      const { body: merged } = await requests.patch(
        `${path}second`,
        withRule("merged", "b", "ipvs"),
        "apply",
      );
      const rules = merged["spec"]?.["services"] as unknown as readonly { name: string }[];
      assert.deepEqual(
        rules.map(({ name }) => name),
        ["a", "b"],
      );
    });

    it("rejects a second writer of the same rule unless forced", async () => {
      const path = `${proxyConfigs}/contested?fieldManager=`;
      await requests.patch(`${path}first`, withRule("contested", "a", "ipvs"), "apply");
      const conflict = await requests.patch(`${path}second`, withRule("contested", "a", "ebpf"), "apply");
      assert.equal(conflict.code, 409);
      assert.match(conflict.text, /\.spec\.services\[name=\\"a\\"\]\.mode/);
      const forced = await requests.patch(
        `${path}second&force=true`,
        withRule("contested", "a", "ebpf"),
        "apply",
      );
      assert.equal(forced.code, 200);
    });

    it("replaces a label selector as a whole", async () => {
      const path = `${proxyConfigs}/atomic?fieldManager=one`;
      await requests.patch(path, withNodeLabel("atomic", "a"), "apply");
      const { body } = await requests.patch(
        path.replace("one", "two&force=true"),
        withNodeLabel("atomic", "b"),
        "apply",
      );
      assert.deepEqual(body["spec"]?.["nodeSelector"], { matchLabels: { b: "x" } });
    });
  });

  describe("a NodeProxy", () => {
    it("gets complete settings", async () => {
      const created = await create(nodeProxies, nodeProxy);
      const { nodeSelector, priority, rollout, ...settings } = parseProxyConfig(proxyConfig("any", {})).spec;
      assert.deepEqual(
        created["spec"]?.["config"],
        settings,
        JSON.stringify([nodeSelector, priority, rollout]),
      );
      assert.deepEqual(created["spec"]?.["node"], { podCIDRs: [], addresses: [] });
    });

    it("prints what the node runs", async () => {
      await create(nodeProxies, nodeProxy);
      await requests.patch(`${nodeProxies}/node-1/status`, {
        status: {
          runningMode: "nftables",
          heartbeatAt: new Date(Date.now() - 900_000).toISOString(),
          services: { servicePorts: 12, endpoints: 34 },
          conditions: Object.entries({ Ready: "True", Degraded: "True", Drifted: "False" }).map(
            ([type, status]) => ({ type, status, reason: "R", message: "", lastTransitionTime }),
          ),
        },
      });
      const { body } = await requests.get(`${nodeProxies}/node-1`, { accept: table });
      const columns = body["columnDefinitions"] as unknown as readonly { name: string; priority: number }[];
      const [row] = body["rows"] as unknown as readonly { cells: readonly unknown[] }[];
      assert.deepEqual(
        columns.filter(({ priority }) => priority === 0).map(({ name }) => name),
        ["Name", "Config", "Mode", "Ready", "Degraded", "Drifted", "Heartbeat", "Ports", "Age"],
      );
      const shown = ["node-1", "default", "nftables", "True", "True", "False", "15m", 12];
      assert.deepEqual(row?.cells.slice(0, 8), shown);
      const width = shown.reduce<number>(
        (sum, cell, index) => sum + 3 + Math.max(String(cell).length, columns[index]?.name.length ?? 0),
        "nodeproxy.kubesteer.dev/".length,
      );
      assert.ok(width < 110, `${width} columns`);
    });

    it("prints with -o wide that no ProxyConfig selects the node any more", async () => {
      const labels = { "kubesteer.dev/orphaned": "true" };
      await create(nodeProxies, { ...nodeProxy, metadata: { name: "node-1", labels } });
      const { body } = await requests.get(`${nodeProxies}/node-1`, { accept: table });
      const columns = body["columnDefinitions"] as unknown as readonly { name: string; priority: number }[];
      const [row] = body["rows"] as unknown as readonly { cells: readonly unknown[] }[];
      const at = columns.findIndex(({ name }) => name === "Orphaned");
      assert.deepEqual([columns[at]?.priority, row?.cells[at]], [1, "true"]);
    });

    it("rejects a status with an unknown mode", async () => {
      await create(nodeProxies, nodeProxy);
      const answer = await requests.patch(`${nodeProxies}/node-1/status`, { status: { runningMode: "nft" } });
      assert.equal(answer.code, 422);
      assert.match(
        causesOf(answer)[0] ?? "",
        /^status\.runningMode: Unsupported value: "nft": supported values: "nftables"/,
      );
    });

    it("is available by its short names and categories", async () => {
      const { body } = await requests.get(`/apis/${apiGroupVersion}`);
      const resources = body["resources"] as unknown as readonly {
        name: string;
        shortNames?: readonly string[];
        categories?: readonly string[];
      }[];
      const named = Object.fromEntries(resources.map((resource) => [resource.name, resource]));
      assert.deepEqual(named["nodeproxies"]?.shortNames, ["npx"]);
      assert.deepEqual(named["proxyconfigs"]?.shortNames, ["pxc"]);
      assert.deepEqual(named["proxyconfigs"]?.categories?.toSorted(), ["kubesteer", "networking"]);
      assert.ok("nodeproxies/status" in named && "proxyconfigs/status" in named);
    });
  });
});
