import assert from "node:assert/strict";
import type { SchedulingAlgorithm } from "../../crds/api.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { type IpFamily, parseIpAddress } from "../../platform/ip/address.ts";
import { transportKey } from "../../platform/ip/socket-address.ts";
import { startLoad, type Load } from "../../playground/nodes/load.ts";
import { podPorts } from "../../playground/nodes/pods.ts";
import type { ProbeResult } from "../../playground/nodes/prober.ts";
import { addressOf, clusterIP, inFamily, type PodName } from "../scenarios/addresses.ts";
import { endpointSlices, service, servicePort } from "../scenarios/cluster-objects.ts";
import type { Shares } from "../scenarios/scenario.ts";
import { skipBecause } from "../support/skip.ts";
import { createStage } from "./create-stage.ts";
import { modeToTest } from "./options.ts";
import { families } from "./play-scenario.ts";
import type { Stage } from "./stage.ts";

const three = ["pod1a", "pod2a", "pod3a"] as const;
const held = 40;
const client = "pod1b";

describe(`LeastConnection with real connections in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    stage = await createStage(this);
    if (!(await stage.dataplaneOf("node1").supports("LeastConnection")))
      skipBecause(this, `mode ${modeToTest()} has no LeastConnection`);
  });

  after(async () => {
    await stage?.close();
  });

  for (const family of families) {
    it(`new connections avoid the endpoint that holds many, which keeps them, over ${family}`, async () => {
      await program(["pod1a"]);
      const load = holdConnections(family);
      try {
        const connections = await untilCounted(family, (counts) => counts.pod1a === held);
        await program(three);
        await program(three, { connections });
        assert.deepEqual(answeringPods(await probe(family)), ["pod2a", "pod3a"]);
        for (const algorithm of ["Random", "RoundRobin", "SourceHash", "Maglev"] as const) {
          await program(three, { algorithm });
        }
        const { answers, failures } = await load.stop();
        assert.deepEqual(failures, {}, "a change of the algorithm must not touch established connections");
        assert.deepEqual(Object.keys(answers), ["pod1a"]);
        await program(three);
        await program(three, {
          connections: await untilCounted(family, (counts) => counts.pod1a === 0),
        });
        assert.deepEqual(answeringPods(await probe(family)), three);
      } finally {
        await load.close();
        await stage.clear();
      }
    });
  }

  async function program(
    endpoints: readonly PodName[],
    {
      algorithm = "LeastConnection",
      connections,
    }: { readonly algorithm?: SchedulingAlgorithm; readonly connections?: Shares } = {},
  ): Promise<void> {
    await stage.program({
      config: { scheduling: { algorithm } },
      services: [service()],
      endpointSlices: endpointSlices({ endpoints }),
      ...(connections === undefined ? {} : { connections }),
    });
  }

  function holdConnections(family: IpFamily): Load {
    return startLoad({
      namespace: stage.namespaceOf(client),
      protocol: "TCP",
      address: inFamily(clusterIP(1), family),
      port: servicePort,
      durationMs: 20_000,
      workers: held,
      intervalMs: 100,
      keepConnection: true,
    });
  }

  async function probe(family: IpFamily): Promise<ProbeResult> {
    return await stage.proberOf(client).probe({
      protocol: "TCP",
      address: inFamily(clusterIP(1), family),
      port: servicePort,
      count: 60,
      concurrency: 4,
    });
  }

  /** The connections that node1 has to each pod once they are as they should be. */
  async function untilCounted(family: IpFamily, holds: (counts: Shares) => boolean): Promise<Shares> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const counted = await stage.dataplaneOf("node1").countConnections();
      const counts: Shares = Object.fromEntries(
        three.map((pod) => {
          const address = parseIpAddress(inFamily(addressOf(pod), family));
          return [pod, counted.get(transportKey("TCP", { address, port: podPorts.tcp[0] })) ?? 0];
        }),
      );
      if (holds(counts)) return counts;
      await systemClock.sleep(50);
    }
    return assert.fail("the connections were not counted");
  }
});

function answeringPods({ answers, failures }: ProbeResult): readonly string[] {
  assert.deepEqual(failures, {});
  return Object.keys(answers).toSorted();
}
