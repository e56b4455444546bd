/** Health check node ports, as a load balancer asks them. */
import assert from "node:assert/strict";
import { resources } from "../../../platform/kube/resources.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import { modeToTest } from "../options.ts";
import { type AgentStage, createAgentStage } from "./agent-stage.ts";
import { curl } from "./curl.ts";
import { dnsService, families, nodeAddresses } from "./dns-objects.ts";

const healthCheckNodePort = 32_199;
const balancer = { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort };

describe(`health check node ports in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: AgentStage;

  before(async function () {
    stage = await createAgentStage(this);
  });

  after(() => stage?.close());

  async function untilTold(status: number, url: string): Promise<string> {
    return await waitUntil(`${status} from ${url}`, async () => {
      const answer = await curl(stage.node, url);
      return answer.status === status && answer.body;
    });
  }

  for (const family of families) {
    it(`tell of the endpoints of this node over ${family}`, async () => {
      const host = family === "ipv4" ? nodeAddresses.ipv4 : `[${nodeAddresses.ipv6}]`;
      const url = `http://${host}:${healthCheckNodePort}/`;
      await stage.apply(resources.services, dnsService(balancer));
      await stage.setEndpoints([{ of: "a" }, { of: "b" }]);
      assert.deepEqual(JSON.parse(await untilTold(200, url)), {
        service: { namespace: "default", name: "dns" },
        localEndpoints: 2,
        serviceProxyHealthy: true,
      });
      await stage.setEndpoints([{ of: "a", fields: { nodeName: "worker-2" } }]);
      assert.match(await untilTold(503, url), /"localEndpoints": 0/);
      await stage.deleteService();
      await waitUntil("the port to be closed", async () => {
        return await stage.node.run("curl", ["--silent", url]).then(
          () => false,
          () => true,
        );
      });
    });
  }
});
