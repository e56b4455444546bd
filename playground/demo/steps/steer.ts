import { manifest, waitForReady, web, type Scene } from "../scene.ts";

/** Applies a ProxyConfig and waits until every node runs it. */
export async function steer(scene: Scene): Promise<void> {
  const { stage, cluster } = scene;
  stage.title("A ProxyConfig configures every node");
  await stage.kubectl(cluster, ["apply", "-f", manifest("proxy-config.yaml")]);
  await waitForReady(scene, "every node runs the configuration and reports it");
}

/** Shows the status of the configuration and of every node. */
export async function showStatus({ stage, cluster }: Scene): Promise<void> {
  stage.title("The API shows the state of every node");
  const programmed = `{.status.services.endpoints}=${2 * web.pods.length}`;
  const waiting = ["wait", `--for=jsonpath=${programmed}`, "nodeproxies", "--all", "--timeout=30s"];
  const { exitCode } = await stage.kubectl(cluster, waiting);
  stage.check("every node reports the endpoints of both IP families", exitCode === 0, "");
  const { output } = await stage.kubectl(cluster, ["get", "pxc,nodeproxies"]);
  const ready = cluster.topology.nodes.filter(({ name }) =>
    new RegExp(`/${name}(?: +\\S+){2} +True\\b`).test(output),
  );
  stage.check("kubectl get shows three ready nodes", ready.length === 3, `${ready.length} of 3`);
  const described = await stage.kubectl(cluster, ["describe", "pxc", "default"]);
  stage.check(
    "kubectl describe shows Events",
    described.output.includes("Events:") && !described.output.includes("Events:  <none>"),
    "",
  );
}
