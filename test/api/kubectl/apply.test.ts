import assert from "node:assert/strict";
import { failed, succeeded, useKubectl } from "./kubectl-stage.ts";
import { changedServices, proxyConfig, services } from "./manifests.ts";

describe("kubectl apply", function () {
  this.timeout(120_000);
  const { apply, kubectl } = useKubectl();

  it("creates, leaves unchanged, configures", async () => {
    assert.match(succeeded(await apply(proxyConfig("mode: nftables"))), /default created/);
    assert.match(succeeded(await apply(proxyConfig("mode: nftables"))), /default unchanged/);
    assert.match(succeeded(await apply(proxyConfig("mode: iptables"))), /default configured/);
  });

  it("rejects a value that the schema does not allow, and lists the allowed ones", async () => {
    const stderr = failed(await apply(proxyConfig("mode: magic")));
    assert.match(stderr, /The ProxyConfig "default" is invalid/);
    assert.match(stderr, /spec\.mode: Unsupported value: "magic": supported values: "nftables"/);
  });

  it("rejects what a rule forbids", async () => {
    const stderr = failed(await apply(proxyConfig("localTraffic: { detect: ClusterCIDR }")));
    assert.match(stderr, /cidrs must be set if detect is ClusterCIDR, and only then/);
  });

  it("rejects a field that the schema does not know", async () => {
    assert.match(failed(await apply(proxyConfig("mood: good", "unknown"))), /unknown field "spec\.mood"/);
  });

  it("Services and ConfigMaps: created, unchanged, configured by strategic merge", async () => {
    assert.match(succeeded(await apply(services)), /service\/web created[^]*configmap\/settings created/);
    assert.match(succeeded(await apply(services)), /service\/web unchanged[^]*configmap\/settings unchanged/);
    assert.match(
      succeeded(await apply(changedServices)),
      /service\/web configured[^]*configmap\/settings configured/,
    );
    const ports = succeeded(await kubectl(["get", "service", "web", "-o", "jsonpath={.spec.ports[*].port}"]));
    assert.equal(ports, "81 443");
  });

  it("--dry-run=server stores nothing", async () => {
    succeeded(await apply(proxyConfig("mode: ipvs"), "--dry-run=server"));
    assert.equal(
      succeeded(await kubectl(["get", "pxc", "default", "-o", "jsonpath={.spec.mode}"])),
      "iptables",
    );
  });

  it("--server-side takes over from client-side apply, then conflicts with other managers", async () => {
    assert.match(
      succeeded(await apply(proxyConfig("mode: iptables"), "--server-side")),
      /serverside-applied/,
    );
    const managers = "jsonpath={.metadata.managedFields[*].manager}";
    const names = succeeded(
      await kubectl(["get", "pxc", "default", "--show-managed-fields", "-o", managers]),
    );
    assert.doesNotMatch(names, /kubectl-client-side-apply/);
    const other = ["--server-side", "--field-manager=other"];
    assert.match(
      failed(await apply(proxyConfig("mode: ebpf"), ...other)),
      /conflict with "kubectl": \.spec\.mode/,
    );
    succeeded(await apply(proxyConfig("mode: ebpf"), ...other, "--force-conflicts"));
  });

  it("--server-side of a Service that was applied client-side", async () => {
    succeeded(await apply(changedServices, "--server-side"));
    const ports = succeeded(await kubectl(["get", "service", "web", "-o", "jsonpath={.spec.ports[*].port}"]));
    assert.equal(ports, "81 443");
  });

  it("-k config/default is accepted as a whole", async () => {
    const manifests = new URL("../../../config/default", import.meta.url).pathname;
    assert.match(
      succeeded(await kubectl(["apply", "-k", manifests])),
      /daemonset\.apps\/kubesteer-agent created/,
    );
    assert.match(
      succeeded(await kubectl(["apply", "-k", manifests])),
      /daemonset\.apps\/kubesteer-agent unchanged/,
    );
    assert.match(
      succeeded(await kubectl(["get", "daemonset,deployment", "-A"])),
      /daemonset\.apps\/kubesteer-agent/,
    );
  });

  it("diff shows what apply would change and exits with 1", async () => {
    const { exitCode, stdout } = await kubectl(["diff", "-f", "-"], {
      input: proxyConfig("mode: userspace"),
    });
    assert.equal(exitCode, 1);
    assert.match(stdout, /^-\s+mode: ebpf$/m);
    assert.match(stdout, /^\+\s+mode: userspace$/m);
  });
});
