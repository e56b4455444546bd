/** Pods that share a bridge whose packets pass the rules for routed ones. */
import assert from "node:assert/strict";
import type { NodeProxyConfig } from "../../crds/api.ts";
import { addressOf, clusterIP, loadBalancerIP } from "../scenarios/addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "../scenarios/cluster-objects.ts";
import { answeredBy, at, scenario, type Outcome, type Scenario } from "../scenarios/scenario.ts";
import { skipBecause } from "../support/skip.ts";
import { bridgePods, hasBridgeNetfilter, podBridge } from "./bridge-pods.ts";
import { createStage } from "./create-stage.ts";
import { modeToTest } from "./options.ts";
import { families, playScenario, type Complaints } from "./play-scenario.ts";
import type { Stage } from "./stage.ts";

const detectors: readonly NodeProxyConfig["localTraffic"][] = [
  { detect: "NodeCIDR" },
  { detect: "BridgeInterface", interface: podBridge },
  { detect: "InterfaceNamePrefix", interface: "cni" },
];

const endpoints = ["pod1a", "pod2a"] as const;
const keepsSource = answeredBy(endpoints, { sees: "client" });
const masqueraded = answeredBy(endpoints, { sees: "node" });
const hairpin = answeredBy(endpoints, { sees: { pod1a: "node", pod2a: "client" } });

/** The decision table; pod1b reaches pod1a over the bridge, and pod2a by way of the node. */
function decisions(localTraffic: NodeProxyConfig["localTraffic"], masqueradeAll: boolean): Scenario {
  const fromPods = (outcome: Outcome): Outcome => (masqueradeAll ? masqueraded : outcome);
  const toService = at(clusterIP(1), servicePort);
  const toBalancer = at(loadBalancerIP(1), servicePort);
  return scenario(`detect ${localTraffic.detect}${masqueradeAll ? " with masqueradeAll" : ""}`, {
    config: { localTraffic, masqueradeAll },
    services: [service({ exposed: true }), service({ name: "local", number: 2, ...exposedLocally })],
    endpointSlices: [...endpointSlices({ endpoints }), ...endpointSlices({ service: "local", endpoints })],
    probes: [
      { from: "pod1b", to: toService, expect: fromPods(keepsSource) },
      { from: "pod1a", to: toService, expect: fromPods(hairpin) },
      { from: "node1", to: toService, expect: masqueraded },
      { from: "client", to: toService, expect: masqueraded },
      { from: "pod1b", to: toBalancer, expect: masqueraded },
      { from: "pod1b", to: at(addressOf("node1"), nodePort), expect: masqueraded },
      { from: "pod1b", to: at(loadBalancerIP(2), servicePort), expect: keepsSource },
      { from: "node1", to: at(loadBalancerIP(2), servicePort), expect: masqueraded },
    ],
  });
}

const exposedLocally = {
  exposed: true,
  externalTrafficPolicy: "Local",
  ports: [{ protocol: "TCP", port: servicePort }],
} as const;

describe(`packets of pods on one bridge in mode ${modeToTest()}`, function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    stage = await createStage(this);
    if (!(await hasBridgeNetfilter(stage)))
      skipBecause(this, "the kernel has no br_netfilter: modprobe br_netfilter");
    await bridgePods(stage);
  });

  after(async () => {
    await stage?.close();
  });

  for (const localTraffic of detectors) {
    for (const masqueradeAll of [false, true]) {
      const played = decisions(localTraffic, masqueradeAll);
      describe(played.name, () => {
        let complaints: Complaints;

        before(async () => {
          complaints = await playScenario(stage, played);
        });

        for (const family of families) {
          it(family, () => assert.deepEqual(complaints[family], []));
        }
      });
    }
  }
});
