/** UDP flows follow the endpoints of their Service, with a real agent and kernel. */
import assert from "node:assert/strict";
import { resources } from "../../../platform/kube/resources.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import { modeToTest } from "../options.ts";
import { type AgentStage, createAgentStage, readMetric } from "./agent-stage.ts";
import {
  clusterIPs,
  dnsPorts,
  dnsService,
  externalIPs,
  families,
  nodeAddresses,
  pods,
} from "./dns-objects.ts";
import { flowsTo } from "./list-flows.ts";
import { UdpClient } from "./udp-client.ts";

const deletedEntries = "kubeproxy_conntrack_reconciler_deleted_entries_total";
const repairs = "kubeproxy_conntrack_reconciler_sync_duration_seconds_count";

describe(`UDP flows in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: AgentStage;
  let client: UdpClient;

  before(async function () {
    stage = await createAgentStage(this);
    client = new UdpClient(stage.namespace);
  });

  after(() => stage?.close());

  for (const family of families) {
    describe(`over ${family}`, () => {
      const address = clusterIPs[family];
      let from: number;

      beforeEach(async () => {
        from = client.newPort();
        await stage.apply(resources.services, dnsService());
        await stage.setEndpoints([{ of: "a" }]);
        await client.untilAnswers("a", address, 53, from);
      });

      afterEach(async () => {
        await stage.deleteService();
        await waitUntil("no flow to be left", async () => (await flowsTo(stage.node, address)).length === 0);
      });

      it("a client that goes on sending gets the new endpoint when its own is gone", async () => {
        const before = await readMetric(stage.node, deletedEntries);
        await stage.setEndpoints([{ of: "b" }]);
        await client.untilAnswers("b", address, 53, from);
        assert.ok((await readMetric(stage.node, deletedEntries)) > before);
        assert.ok((await readMetric(stage.node, repairs)) > 0);
      });

      it("a client keeps an endpoint that terminates for as long as it serves", async () => {
        const conditions = { ready: false, serving: true, terminating: true };
        await stage.setEndpoints([{ of: "a", fields: { conditions } }, { of: "b" }]);
        // A new flow for each try: one that began before the change was programmed keeps its endpoint too.
        await waitUntil("new flows to go to b", async () => {
          return (await client.ask(address, 53, client.newPort())) === "b";
        });
        await client.untilAnswers("a", address, 53, from);
        await stage.setEndpoints([{ of: "b" }]);
        await client.untilAnswers("b", address, 53, from);
      });

      it("a client that began before the address was served gets an endpoint", async () => {
        const externalIP = externalIPs[family];
        assert.equal(await client.ask(externalIP, 53, from), "");
        assert.match((await flowsTo(stage.node, externalIP)).join(), /UNREPLIED/);
        await stage.apply(resources.services, dnsService({ externalIPs: [externalIP] }));
        await client.untilAnswers("a", externalIP, 53, from);
      });

      it("flows end when no endpoint is left", async () => {
        await stage.setEndpoints([]);
        await waitUntil("no flow to the pod", async () => (await flowsTo(stage.node, address)).length === 0);
      });

      it("a NodePort's flows follow its endpoints, and end with it", async () => {
        const nodePort = 30_053;
        const [udp] = dnsPorts(nodePort);
        await stage.apply(resources.services, dnsService({ type: "NodePort", ports: [udp] }));
        await client.untilAnswers("a", nodeAddresses[family], nodePort, from);
        await stage.setEndpoints([{ of: "b" }]);
        await client.untilAnswers("b", nodeAddresses[family], nodePort, from);
        await stage.deleteService();
        await waitUntil("no flow to the NodePort", async () => {
          const flows = await flowsTo(stage.node, nodeAddresses[family]);
          return flows.every((flow) => !flow.includes(pods.b[family]));
        });
      });
    });
  }
});
