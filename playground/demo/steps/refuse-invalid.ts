import { manifest, web, type Scene } from "../scene.ts";
import { countAnswers, describeSpread } from "../traffic.ts";

/** A configuration that makes no sense does not get past the API server. */
export async function refuseInvalid({ stage, cluster, traffic }: Scene): Promise<void> {
  stage.title("A bad configuration is refused and changes nothing");
  const { exitCode, output } = await stage.kubectl(cluster, ["apply", "-f", manifest("invalid.yaml")]);
  stage.check("it is refused", exitCode !== 0, `exit code ${exitCode}`);
  stage.check(
    "the message names the field, the value and what is allowed",
    /spec\.mode: Unsupported value: "nftable": supported values: "nftables"/.test(output) &&
      output.includes("spec.scheduling.algorithm"),
    "",
  );
  const result = await traffic.ask("outside", {
    address: cluster.topology.nodes[0]?.ipv4 ?? "",
    port: web.nodePort,
    count: 20,
  });
  stage.check("traffic goes on", countAnswers(result) === 20, describeSpread(result));
}
