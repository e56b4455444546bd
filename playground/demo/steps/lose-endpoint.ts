import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../../wait-until.ts";
import { web, type Scene } from "../scene.ts";
import { describeSpread } from "../traffic.ts";
import { describeLoad, underLoad } from "./under-load.ts";

/** Removes a pod from the Service under load, and adds it again. */
export async function loseEndpoint(scene: Scene): Promise<void> {
  const { stage, cluster } = scene;
  stage.title("An endpoint leaves under load");
  const load = await underLoad(scene, async () => {
    await delay(1_000);
    await stage.kubectl(cluster, ["label", "pod", "pod3a", "app-"]);
    await waitUntil("pod3a to get no more connections", async () => !(await answering(scene)).has("pod3a"));
    const rest = await scene.traffic.ask("a pod", {
      address: web.clusterIPs.IPv4,
      port: web.port,
      count: 60,
    });
    stage.check(
      "the other two pods take over",
      rest.answers["pod3a"] === undefined && Object.keys(rest.answers).length === 2,
      describeSpread(rest),
    );
    await stage.kubectl(cluster, ["label", "pod", "pod3a", "app=web"]);
    await waitUntil("pod3a to get connections again", async () => (await answering(scene)).has("pod3a"));
  });
  stage.check(
    "no request failed in the meantime",
    load.failed === 0 && load.requests > 100,
    describeLoad(load),
  );
}

async function answering({ traffic }: Scene): Promise<ReadonlySet<string>> {
  const { answers } = await traffic.ask("a pod", {
    address: web.clusterIPs.IPv4,
    port: web.port,
    count: 30,
  });
  return new Set(Object.keys(answers));
}
