import assert from "node:assert/strict";
import { addressingCommands, linkCommands } from "../../../../playground/nodes/ip-commands.ts";
import { namespacesOf, planNetwork } from "../../../../playground/nodes/network-plan.ts";

describe("the playground's network plan", () => {
  it("creates nothing outside of its own namespaces", () => {
    const plan = planNetwork("demo");
    const namespaces = new Set(namespacesOf(plan));
    for (const line of linkCommands(plan).lines) {
      const used = [...line.matchAll(/netns (\S+)/g)].map(([, name]) => name ?? "");
      assert.equal(used.length, 2, line);
      assert.ok(
        used.every((name) => namespaces.has(name)),
        line,
      );
    }
    for (const { namespace } of addressingCommands(plan)) assert.ok(namespaces.has(namespace ?? ""));
  });

  it("shares no namespace with a plan of another prefix, even if one prefix starts with the other", () => {
    const one = new Set(namespacesOf(planNetwork("demo")));
    assert.deepEqual(
      namespacesOf(planNetwork("demo-2")).filter((name) => one.has(name)),
      [],
    );
  });

  for (const prefix of ["", "Demo", "a/b", "1st", "x".repeat(40), "a b", "../x"]) {
    it(`rejects prefix ${JSON.stringify(prefix)}`, () =>
      assert.throws(() => planNetwork(prefix), RangeError));
  }
});
