/** ProxyConfigs on an API server: what their schema defaults, refuses, prints and merges. */
import assert from "node:assert/strict";
import { apiGroupVersion } from "../../../crds/api.ts";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { acceptedSpecs, refusedSpecs } from "../../unit/crds/proxy-config-specs.ts";
import { causesOf, create, table, useCustomResources, type Resource } from "./custom-resources-stage.ts";

const proxyConfigs = `/apis/${apiGroupVersion}/proxyconfigs`;

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

describe("a ProxyConfig on an API server", function () {
  this.timeout(60_000);
  const requests = useCustomResources();

  it("gets the same defaults as a ProxyConfig from a file", async () => {
    const object = proxyConfig("defaults", {});
    const created = await create(requests, proxyConfigs, object);
    assert.deepEqual(created["spec"], parseProxyConfig(object).spec);
  });

  it("gets the missing defaults of an incomplete object", async () => {
    const created = await create(
      requests,
      proxyConfigs,
      proxyConfig("partly", { rollout: { canary: { nodes: "5%" } } }),
    );
    assert.deepEqual(created["spec"]?.["rollout"]?.["canary"], { nodes: "5%", soakSeconds: 30 });
  });

  for (const { name, spec } of acceptedSpecs) {
    it(`is accepted with ${name}`, async () => {
      await create(requests, proxyConfigs, proxyConfig("accepted", spec));
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
    await create(requests, proxyConfigs, proxyConfig("printed", { mode: "ipvs", priority: 7 }));
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
    await create(requests, proxyConfigs, proxyConfig("apart", { priority: 1 }));
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
    const { body: merged } = await requests.patch(`${path}second`, withRule("merged", "b", "ipvs"), "apply");
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
