/** NodePorts on the loopback addresses of the node, with a real agent and kernel. */
import { resources } from "../../../platform/kube/resources.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import { modeToTest } from "../options.ts";
import { type AgentStage, createAgentStage } from "./agent-stage.ts";
import { curl } from "./curl.ts";
import { dnsPorts, dnsService, families } from "./dns-objects.ts";
import { UdpClient } from "./udp-client.ts";

const nodePort = 30_054;
const loopback = { ipv4: "127.0.0.1", ipv6: "::1" };

describe(`NodePorts on loopback addresses in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: AgentStage;
  let client: UdpClient;

  before(async function () {
    stage = await createAgentStage(this);
    client = new UdpClient(stage.namespace);
  });

  after(() => stage?.close());

  for (const family of families) {
    it(`answer over ${family}`, async () => {
      const address = loopback[family];
      const url = `http://${family === "ipv4" ? address : `[${address}]`}:${nodePort}/`;
      await stage.apply(resources.services, dnsService({ type: "NodePort", ports: dnsPorts(nodePort) }));
      await stage.setEndpoints([{ of: "a" }]);
      const from = client.newPort();
      await client.untilAnswers("a", address, nodePort, from);
      await waitUntil("pod a over TCP", async () => {
        const { body } = await curl(stage.node, url);
        return body.startsWith("a ") && !body.includes(` ${address} `);
      });
      await stage.setEndpoints([{ of: "b" }]);
      await waitUntil("pod b over TCP", async () => (await curl(stage.node, url)).body.startsWith("b "));
      await client.untilAnswers("b", address, nodePort, from);
      await stage.deleteService();
      await waitUntil("no answer over UDP", async () => {
        return (await client.ask(address, nodePort, client.newPort())) === "";
      });
    });
  }
});
