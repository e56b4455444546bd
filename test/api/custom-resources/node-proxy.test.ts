/** NodeProxies on an API server: what their schema defaults, refuses and prints. */
import assert from "node:assert/strict";
import { apiGroupVersion } from "../../../crds/api.ts";
import { parseProxyConfig } from "../../../crds/load-proxy-config.ts";
import { causesOf, create, table, useCustomResources, type Resource } from "./custom-resources-stage.ts";

const nodeProxies = `/apis/${apiGroupVersion}/nodeproxies`;
const lastTransitionTime = "2026-01-02T03:04:05Z";

const nodeProxy: Resource = {
  apiVersion: apiGroupVersion,
  kind: "NodeProxy",
  metadata: { name: "node-1" },
  spec: { configName: "default", revision: "r1", config: {} },
};

describe("a NodeProxy on an API server", function () {
  this.timeout(60_000);
  const requests = useCustomResources();

  it("gets complete settings", async () => {
    const created = await create(requests, nodeProxies, nodeProxy);
    const { nodeSelector, priority, rollout, ...settings } = parseProxyConfig({
      apiVersion: apiGroupVersion,
      kind: "ProxyConfig",
      metadata: { name: "any" },
      spec: {},
    }).spec;
    assert.deepEqual(
      created["spec"]?.["config"],
      settings,
      JSON.stringify([nodeSelector, priority, rollout]),
    );
    assert.deepEqual(created["spec"]?.["node"], { podCIDRs: [], addresses: [] });
  });

  it("prints what the node runs", async () => {
    await create(requests, nodeProxies, nodeProxy);
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
    await create(requests, nodeProxies, { ...nodeProxy, metadata: { name: "node-1", labels } });
    const { body } = await requests.get(`${nodeProxies}/node-1`, { accept: table });
    const columns = body["columnDefinitions"] as unknown as readonly { name: string; priority: number }[];
    const [row] = body["rows"] as unknown as readonly { cells: readonly unknown[] }[];
    const at = columns.findIndex(({ name }) => name === "Orphaned");
    assert.deepEqual([columns[at]?.priority, row?.cells[at]], [1, "true"]);
  });

  it("rejects a status with an unknown mode", async () => {
    await create(requests, nodeProxies, nodeProxy);
    const answer = await requests.patch(`${nodeProxies}/node-1/status`, { status: { runningMode: "nft" } });
    assert.equal(answer.code, 422);
    assert.match(
      causesOf(answer)[0] ?? "",
      /^status\.runningMode: Unsupported value: "nft": supported values: "nftables"/,
    );
  });
});
