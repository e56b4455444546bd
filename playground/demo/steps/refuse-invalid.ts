import { manifest, web, type Scene } from "../scene.ts";
import { countAnswers, describeSpread } from "../traffic.ts";

/** The API server rejects an invalid configuration. */
export async function refuseInvalid({ stage, cluster, traffic }: Scene): Promise<void> {
  stage.title("An invalid configuration is rejected and changes nothing");
  const { exitCode, output } = await stage.kubectl(cluster, ["apply", "-f", manifest("invalid.yaml")]);
  stage.check("kubectl apply fails", exitCode !== 0, `exit code ${exitCode}`);
  stage.check(
    "the message contains the field, the value and the supported values",
    /spec\.mode: Unsupported value: "nftable": supported values: "nftables"/.test(output) &&
      output.includes("spec.scheduling.algorithm"),
    "",
  );
  const result = await traffic.ask("an outside client", {
    address: cluster.topology.nodes[0]?.ipv4 ?? "",
    port: web.nodePort,
    count: 20,
  });
  stage.check("traffic continues", countAnswers(result) === 20, describeSpread(result));
}
