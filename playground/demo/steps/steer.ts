import { manifest, waitForReady, web, type Scene } from "../scene.ts";

/** The ProxyConfig is applied and reaches every node. */
export async function steer(scene: Scene): Promise<void> {
  const { stage, cluster } = scene;
  stage.title("A ProxyConfig takes over every node");
  await stage.kubectl(cluster, ["apply", "-f", manifest("proxy-config.yaml")]);
  await waitForReady(scene, "every node runs the configuration and says so");
}

/** What the API tells about nodes and configuration. */
export async function showStatus({ stage, cluster }: Scene): Promise<void> {
  stage.title("The truth of every node is in the API");
  const programmed = `{.status.services.endpoints}=${2 * web.pods.length}`;
  const waiting = ["wait", `--for=jsonpath=${programmed}`, "nodeproxies", "--all", "--timeout=30s"];
  const { exitCode } = await stage.kubectl(cluster, waiting);
  stage.check("every node tells that it has the endpoints of both families", exitCode === 0, "");
  const { output } = await stage.kubectl(cluster, ["get", "pxc,nodeproxies"]);
  const ready = cluster.topology.nodes.filter(({ name }) =>
    new RegExp(`/${name}(?: +\\S+){2} +True\\b`).test(output),
  );
  stage.check("kubectl get shows three nodes that are ready", ready.length === 3, `${ready.length} of 3`);
  const described = await stage.kubectl(cluster, ["describe", "pxc", "default"]);
  stage.check(
    "kubectl describe tells what happened",
    described.output.includes("Events:") && !described.output.includes("Events:  <none>"),
    "",
  );
}
