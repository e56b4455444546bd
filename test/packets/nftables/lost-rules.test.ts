/** Clients that begin while the rules are gone, with a real agent and kernel. */
import assert from "node:assert/strict";
import { resources } from "../../../platform/kube/resources.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import { skipBecause } from "../../support/skip.ts";
import { type AgentStage, createAgentStage } from "../node-services/agent-stage.ts";
import { clusterIPs, dnsService, families } from "../node-services/dns-objects.ts";
import { flowsTo } from "../node-services/list-flows.ts";
import { UdpClient } from "../node-services/udp-client.ts";
import { modeToTest } from "../options.ts";

/** Keeps the kernel tracking connections, as on nodes with a firewall or a network plugin. */
const someFirewall = `
table inet firewall {
  chain output { type filter hook output priority 0; ct state established accept; }
}
`;

describe("lost rules of the nftables mode", function () {
  this.timeout(60_000);
  let stage: AgentStage;
  let client: UdpClient;

  before(async function () {
    if (modeToTest() !== "nftables") skipBecause(this, "it is about nftables");
    stage = await createAgentStage(this);
    client = new UdpClient(stage.namespace);
  });

  after(() => stage?.close());

  for (const family of families) {
    it(`clients that began meanwhile are answered once the rules are back, over ${family}`, async () => {
      const address = clusterIPs[family];
      const from = client.newPort();
      await stage.apply(resources.services, dnsService());
      await stage.setEndpoints([{ of: "a" }]);
      await client.untilAnswers("a", address, 53, client.newPort());
      stage.agent.signal("SIGSTOP");
      await stage.node.run("nft", ["-f", "-"], { input: `flush ruleset\n${someFirewall}` });
      const url = `http://${family === "ipv4" ? address : `[${address}]`}:53/`;
      const answer = stage.node.run("curl", ["--silent", "--max-time", "20", url]);
      await waitUntil("the kernel to track the attempt", async () => {
        return (await flowsTo(stage.node, address, "tcp")).some((flow) => flow.includes("SYN_SENT"));
      });
      assert.equal(await client.ask(address, 53, from), "");
      const unanswered = new RegExp(`sport=${from} dport=53 \\[UNREPLIED\\]`);
      assert.match((await flowsTo(stage.node, address)).join(), unanswered);
      stage.agent.signal("SIGCONT");
      assert.match(await answer, /^a /);
      await client.untilAnswers("a", address, 53, from);
      await stage.deleteService();
    });
  }
});
