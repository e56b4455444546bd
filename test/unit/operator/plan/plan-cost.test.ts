import assert from "node:assert/strict";
import { planCluster } from "../../../../operator/plan/plan-cluster.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";
import { take } from "./simulated-steps.ts";

/** Looks at labels of nodes and at reports of agents during one plan. */
function looks(count: number): number {
  const cluster = new SimulatedCluster();
  take(cluster, { kind: "addNodes", pool: "a", count });
  for (const name of ["one", "two"]) {
    take(cluster, { kind: "setConfig", name, selects: "a", priority: 0, mode: "nftables", paused: false });
  }
  cluster.write(cluster.plan());
  for (const name of cluster.nodes.keys()) cluster.report(name, "ready");
  let looks = 0;
  const counting = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, property, receiver) {
        looks += 1;
        return Reflect.get(object, property, receiver);
      },
    });
  const { nodes, nodeProxies, ...view } = cluster.view();
  planCluster({ ...view, nodes: nodes.map(counting), nodeProxies: nodeProxies.map(counting) });
  return looks;
}

describe("planCluster, cost", () => {
  it("grows no faster than the number of nodes, up to 5,000", () => {
    const perNode = looks(500) / 500;
    assert.ok(looks(5000) / 5000 <= perNode * 1.1 + 3, `${perNode} looks at each of 500 nodes`);
  });
});
