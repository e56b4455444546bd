import assert from "node:assert/strict";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { skipBecause } from "../support/skip.ts";
import { HostedDataplane } from "./hosted-dataplane.ts";
import { modeToTest } from "./options.ts";

describe("a dataplane in a process of its own", () => {
  it("fails with what the process said when that has ended", async function () {
    const missing = await missingForTopology();
    if (missing !== undefined) skipBecause(this, missing);
    const dataplane = new HostedDataplane("kubesteer-nowhere", { mode: modeToTest(), node: "node1" });
    const end = /^Error: dataplane-host\.ts in kubesteer-nowhere has ended: Cannot open network namespace/;
    await assert.rejects(dataplane.program({}), end);
    await assert.rejects(dataplane.missingRequirements(), end);
    await assert.rejects(dataplane.close(), end);
  });
});
