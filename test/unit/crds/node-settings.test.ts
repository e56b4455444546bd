import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { observeNode } from "../../../agent/node/observe-node.ts";
import { nodeSettingsOf, readConfigFile } from "../../../agent/settings/config-file.ts";
import { apiGroupVersion, type NodeProxySpec } from "../../../crds/api.ts";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { settingsOf } from "../../../crds/node-settings.ts";
import { planCluster } from "../../../operator/plan/plan-cluster.ts";
import * as operator from "../../../operator/watch/parse-objects.ts";
import type { ApiObject } from "../../../platform/kube/api-client.ts";
import { arbitraryNode, arbitrarySpec, reverseFields } from "../../support/arbitrary-proxy-config.ts";
import { makeProxyConfig, makeView } from "../operator/plan/make-cluster.ts";

function proxyConfig(spec: unknown): object {
  return {
    apiVersion: apiGroupVersion,
    kind: "ProxyConfig",
    metadata: { name: "default", uid: "uid" },
    spec,
  };
}

/** What the operator gives the Node, for a ProxyConfig that the API server has completed. */
function givenByOperator(spec: object, node: unknown): NodeProxySpec | undefined {
  const view = makeView({
    proxyConfigs: [operator.parseProxyConfig(parseProxyConfig(proxyConfig({ ...spec, nodeSelector: {} })))],
    nodes: [operator.parseNode(node)],
  });
  return planCluster(view).nodeProxies[0]?.nodeProxy.spec;
}

describe("settingsOf", () => {
  it("leaves out what is about choosing nodes and the rollout", () => {
    const { config } = settingsOf(makeProxyConfig({ spec: { mode: "ipvs", priority: 3 } }));
    assert.equal(config.mode, "ipvs");
    for (const field of ["nodeSelector", "priority", "rollout"]) assert.equal(field in config, false, field);
  });
});

describe("operator and agent --config", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "kubesteer-settings-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** What the agent takes from a file with the ProxyConfig, and from the Node as it reads it itself. */
  async function takenByAgent(spec: unknown, node: ApiObject): Promise<NodeProxySpec> {
    const file = join(directory, "config.yaml");
    await writeFile(file, JSON.stringify(proxyConfig(spec)));
    return nodeSettingsOf(await readConfigFile(file), observeNode(node).facts);
  }

  it("have the same revision, settings and node facts for the same ProxyConfig and Node", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySpec, arbitraryNode, async (spec, node) => {
        const given = givenByOperator(spec, node);
        assert.deepEqual(await takenByAgent(spec, node), given);
        assert.deepEqual(await takenByAgent(reverseFields(spec), node), given);
      }),
      { numRuns: 200 },
    );
  }).timeout(60_000);
});
