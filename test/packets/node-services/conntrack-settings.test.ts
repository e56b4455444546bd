import assert from "node:assert/strict";
import { waitUntil } from "../../../playground/wait-until.ts";
import { modeToTest } from "../options.ts";
import { type AgentStage, createAgentStage, readMetric } from "./agent-stage.ts";

describe(`conntrack settings in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: AgentStage;

  before(async function () {
    stage = await createAgentStage(this);
  });

  after(() => stage?.close());

  async function read(name: string): Promise<number> {
    return Number(await stage.node.run("cat", [`/proc/sys/net/netfilter/nf_conntrack_${name}`]));
  }

  it("take effect, and those of the whole machine are reported as out of reach", async () => {
    await waitUntil("the UDP timeout", async () => (await read("udp_timeout")) === 45);
    assert.equal(await read("tcp_timeout_established"), 86_400);
    assert.equal(await read("tcp_timeout_close_wait"), 3_600);
    assert.equal(await read("tcp_be_liberal"), 1);
    assert.notEqual(await read("max"), 1_048_577);
    assert.ok((await readMetric(stage.node, "kubesteer_refused_kernel_settings")) >= 1);
  });
});
