import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { createKubectl, type Kubectl, type KubectlResult } from "../../playground/kubectl.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { createApiRequests, type ApiRequests } from "../support/api-requests.ts";
import { startApiUnderTest, type ApiUnderTest } from "../support/api-under-test.ts";
import { skipBecause } from "../support/skip.ts";

const crdFolder = new URL("../../crds/", import.meta.url).pathname;
const statusPath = "/apis/kubesteer.dev/v1alpha1/proxyconfigs/default/status";

const services = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
  - { name: http, port: 80, targetPort: 8080 }
  - { name: https, port: 443 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: red }
`;

const changedServices = services.replace("port: 80,", "port: 81,").replace("red", "blue");

function proxyConfig(spec: string, name = "default"): string {
  return `
apiVersion: kubesteer.dev/v1alpha1
kind: ProxyConfig
metadata: { name: ${name} }
spec: { ${spec} }
`;
}

function succeeded(result: KubectlResult): string {
  assert.equal(result.exitCode, 0, `${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

function failed(result: KubectlResult): string {
  assert.notEqual(result.exitCode, 0, result.stdout);
  return result.stderr;
}

/** The words of each line of a table. */
function cells(table: string): readonly (readonly string[])[] {
  return table.split("\n").map((line) => line.trim().split(/\s{2,}/));
}

describe("kubectl", function () {
  this.timeout(120_000);
  let server: ApiUnderTest;
  let api: ApiRequests;
  let kubectl: Kubectl;

  const apply = (input: string, ...flags: readonly string[]): Promise<KubectlResult> =>
    kubectl(["apply", ...flags, "-f", "-"], { input });

  /** The JSON at a path of the API server. */
  const shown = async (resource: string, path: string): Promise<unknown> =>
    JSON.parse(succeeded(await kubectl(["get", resource, "-o", `jsonpath={${path}}`])));

  before(async () => {
    server = await startApiUnderTest();
    api = createApiRequests(server);
    kubectl = createKubectl({ kubeconfig: server.kubeconfig, home: server.folder });
    succeeded(
      await kubectl([
        "apply",
        `--filename=${join(crdFolder, "kubesteer.dev_proxyconfigs.yaml")}`,
        `--filename=${join(crdFolder, "kubesteer.dev_nodeproxies.yaml")}`,
      ]),
    );
    succeeded(await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=20s"]));
  });

  after(() => server?.close());

  it("version and api-resources work", async () => {
    assert.match(succeeded(await kubectl(["version"])), /Server Version: v1\./);
    const resources = succeeded(await kubectl(["api-resources", "--api-group=kubesteer.dev"]));
    assert.match(resources, /proxyconfigs\s+pxc\s+kubesteer\.dev\/v1alpha1\s+false\s+ProxyConfig/);
  });

  it("reports a timeout if it does not end", async () => {
    const stderr = failed(await kubectl(["get", "nodes", "--watch"], { timeoutMs: 500 }));
    assert.match(stderr, /still waiting after 0\.5 s/);
  });

  describe("apply", () => {
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
      assert.match(
        succeeded(await apply(services)),
        /service\/web unchanged[^]*configmap\/settings unchanged/,
      );
      assert.match(
        succeeded(await apply(changedServices)),
        /service\/web configured[^]*configmap\/settings configured/,
      );
      const ports = succeeded(
        await kubectl(["get", "service", "web", "-o", "jsonpath={.spec.ports[*].port}"]),
      );
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
      const ports = succeeded(
        await kubectl(["get", "service", "web", "-o", "jsonpath={.spec.ports[*].port}"]),
      );
      assert.equal(ports, "81 443");
    });

    it("-k config/default is accepted as a whole", async () => {
      const manifests = new URL("../../config/default", import.meta.url).pathname;
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

  describe("get and describe", () => {
    it("get prints the printer columns, -o wide all of them", async () => {
      const [header = [], row = []] = cells(succeeded(await kubectl(["get", "pxc", "default"])));
      assert.deepEqual(header.slice(0, 3), ["NAME", "MODE", "ALGORITHM"]);
      assert.deepEqual(row.slice(0, 3), ["default", "ebpf", "Random"]);
      const wide = cells(succeeded(await kubectl(["get", "pxc", "default", "-o", "wide"])));
      assert.ok((wide[0]?.length ?? 0) > header.length);
    });

    it("get services prints type, address and ports", async () => {
      const [header, row] = cells(succeeded(await kubectl(["get", "service", "web"])));
      assert.deepEqual(header, ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]);
      assert.deepEqual(
        [row?.[0], row?.[1], row?.[3], row?.[4]],
        ["web", "ClusterIP", "<none>", "81/TCP,443/TCP"],
      );
    });

    it("get of a category lists every kind in it", async () => {
      const listed = succeeded(await kubectl(["get", "all", "--show-kind"]));
      assert.match(listed, /service\/web/);
    });

    it("describe shows spec, status and the events about the object", async () => {
      const uid = succeeded(await kubectl(["get", "pxc", "default", "-o", "jsonpath={.metadata.uid}"]));
      const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const event = {
        metadata: { generateName: "default.", namespace: "default" },
        involvedObject: { apiVersion: "kubesteer.dev/v1alpha1", kind: "ProxyConfig", name: "default", uid },
        reason: "CanaryPassed",
        message: "1 node changed without errors",
        type: "Normal",
        source: { component: "kubesteer-operator" },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      };
      assert.equal((await api.post("/api/v1/namespaces/default/events", event)).code, 201);
      const description = succeeded(await kubectl(["describe", "pxc", "default"]));
      assert.match(description, /Algorithm:\s+Random/);
      assert.match(
        description,
        /Normal\s+CanaryPassed\s+\S+\s+kubesteer-operator\s+1 node changed without errors/,
      );
      assert.match(succeeded(await kubectl(["events", "--for", "pxc/default"])), /CanaryPassed/);
      assert.match(
        succeeded(await kubectl(["get", "events"])),
        /Normal\s+CanaryPassed\s+proxyconfig\/default/,
      );
    });

    it("describe service", async () => {
      assert.match(succeeded(await kubectl(["describe", "service", "web"])), /TargetPort:\s+8080\/TCP/);
    });

    it("explain describes custom and built-in fields", async () => {
      assert.match(succeeded(await kubectl(["explain", "pxc.spec.scheduling"])), /algorithm\s+<string>/);
      assert.match(
        succeeded(await kubectl(["explain", "service.spec.ports"])),
        /port\s+<integer> -required-/,
      );
    });
  });

  describe("wait and watch", () => {
    it("wait --for=condition waits until the status has the condition", async () => {
      const waiting = kubectl(["wait", "--for=condition=Ready", "pxc/default", "--timeout=20s"]);
      const { body } = await api.get("/apis/kubesteer.dev/v1alpha1/proxyconfigs/default");
      const observedGeneration = Number(body["metadata"]?.["generation"]);
      const condition = {
        type: "Ready",
        status: "True",
        reason: "AllNodesReady",
        message: "",
        observedGeneration,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      };
      const status = { observedGeneration, conditions: [condition] };
      assert.equal((await api.patch(statusPath, { status })).code, 200);
      assert.match(succeeded(await waiting), /condition met/);
    });

    it("wait times out on a condition that never becomes true", async () => {
      assert.match(
        failed(await kubectl(["wait", "--for=condition=Nope", "pxc/default", "--timeout=1s"])),
        /timed out/,
      );
    });

    it("get -w prints a line per change", async () => {
      const stop = new AbortController();
      const watching = execa("kubectl", ["get", "pxc", "default", "-w"], {
        env: { KUBECONFIG: server.kubeconfig, HOME: server.folder },
        reject: false,
        cancelSignal: stop.signal,
      });
      let printed = "";
      watching.stdout.on("data", (chunk) => (printed += String(chunk)));
      await waitUntil("the first line", () => printed.includes("ebpf"));
      succeeded(
        await kubectl(["patch", "pxc", "default", "--type=merge", "-p", '{"spec":{"mode":"userspace"}}']),
      );
      await waitUntil("a line for the change", () => printed.includes("userspace"));
      stop.abort();
      await watching;
    });
  });

  describe("edit", () => {
    it("label, annotate and patch", async () => {
      succeeded(await kubectl(["label", "pxc", "default", "team=net"]));
      assert.match(succeeded(await kubectl(["get", "pxc", "-l", "team=net", "--show-labels"])), /team=net/);
      succeeded(await kubectl(["annotate", "pxc", "default", "note=hello"]));
      succeeded(await kubectl(["patch", "service", "web", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}']));
      const timeout = "jsonpath={.spec.sessionAffinityConfig.clientIP.timeoutSeconds}";
      assert.equal(succeeded(await kubectl(["get", "service", "web", "-o", timeout])), "10800");
    });

    it("edit sends what the editor changed", async () => {
      const editor = join(server.folder, "editor.sh");
      await writeFile(editor, '#!/bin/sh\nsed -i "s/algorithm: Random/algorithm: Maglev/" "$1"\n', {
        mode: 0o755,
      });
      const { stdout } = await execa("kubectl", ["edit", "pxc", "default"], {
        env: { KUBECONFIG: server.kubeconfig, HOME: server.folder, KUBE_EDITOR: editor },
      });
      assert.match(stdout, /default edited/);
      const algorithm = "jsonpath={.spec.scheduling.algorithm}";
      assert.equal(succeeded(await kubectl(["get", "pxc", "default", "-o", algorithm])), "Maglev");
    });

    it("replace", async () => {
      const json = succeeded(await kubectl(["get", "pxc", "default", "-o", "json"]));
      succeeded(await kubectl(["replace", "-f", "-"], { input: json.replace("Maglev", "RoundRobin") }));
    });
  });

  describe("create", () => {
    it("namespace, configmap and serviceaccount, whose bodies are protobuf", async () => {
      succeeded(await kubectl(["create", "namespace", "made"]));
      succeeded(
        await kubectl([
          "create",
          "configmap",
          "words",
          "-n",
          "made",
          "--from-literal=a=b",
          "--from-literal=c=d",
        ]),
      );
      assert.equal(
        succeeded(await kubectl(["get", "cm", "words", "-n", "made", "-o", "jsonpath={.data}"])),
        '{"a":"b","c":"d"}',
      );
      succeeded(await kubectl(["create", "serviceaccount", "robot", "-n", "made"]));
      assert.match(failed(await kubectl(["create", "namespace", "made"])), /already exists/);
    });

    it("services of every type, whose bodies are protobuf", async () => {
      for (const args of [
        ["clusterip", "one", "--tcp=80:8080", "--tcp=81:named", "--clusterip=10.96.7.7"],
        ["clusterip", "headless", "--clusterip=None"],
        ["nodeport", "two", "--tcp=80:8080", "--node-port=31080"],
        ["loadbalancer", "three", "--tcp=80:8080"],
        ["externalname", "four", "--external-name=example.org"],
      ]) {
        succeeded(await kubectl(["create", "service", ...args, "-n", "made"]));
      }
      const shown =
        "jsonpath={range .items[*]}{.spec.type} {.spec.selector} {.spec.externalName}{'\\n'}{end}";
      assert.equal(
        succeeded(await kubectl(["get", "services", "-n", "made", "--sort-by=.metadata.name", "-o", shown])),
        [
          'ExternalName {"app":"four"} example.org',
          'ClusterIP {"app":"headless"} ',
          'ClusterIP {"app":"one"} ',
          'LoadBalancer {"app":"three"} ',
          'NodePort {"app":"two"} ',
        ].join("\n"),
      );
      const ports = async (name: string): Promise<unknown> =>
        JSON.parse(
          succeeded(await kubectl(["get", "service", name, "-n", "made", "-o", "jsonpath={.spec.ports}"])),
        );
      assert.deepEqual(await ports("one"), [
        { name: "80-8080", port: 80, protocol: "TCP", targetPort: 8080 },
        { name: "81-named", port: 81, protocol: "TCP", targetPort: "named" },
      ]);
      assert.deepEqual(await ports("two"), [
        { name: "80-8080", nodePort: 31_080, port: 80, protocol: "TCP", targetPort: 8080 },
      ]);
      const address = ["get", "service", "one", "-n", "made", "-o", "jsonpath={.spec.clusterIP}"];
      assert.equal(succeeded(await kubectl(address)), "10.96.7.7");
    });
  });

  describe("create, with protobuf bodies of nested objects", () => {
    it("deployment", async () => {
      succeeded(
        await kubectl([
          "create",
          "deployment",
          "d",
          "--image=x",
          "--replicas=2",
          "--port=80",
          "--",
          "run",
          "it",
        ]),
      );
      const spec = "deployment/d";
      assert.equal(await shown(spec, ".spec.replicas"), 2);
      assert.deepEqual(await shown(spec, ".spec.selector"), { matchLabels: { app: "d" } });
      assert.deepEqual(await shown(spec, ".spec.template.spec.containers[0].command"), ["run", "it"]);
      assert.deepEqual(await shown(spec, ".spec.template.spec.containers[0].ports"), [
        { containerPort: 80, protocol: "TCP" },
      ]);
    });

    it("secret", async () => {
      succeeded(await kubectl(["create", "secret", "generic", "s", "--from-literal=a=b"]));
      assert.deepEqual(await shown("secret/s", ".data"), { a: "Yg==" });
    });

    it("role and rolebinding", async () => {
      succeeded(
        await kubectl(["create", "role", "r", "--verb=get,list", "--resource=pods,deployments.apps"]),
      );
      assert.deepEqual(await shown("role/r", ".rules"), [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list"] },
      ]);
      succeeded(await kubectl(["create", "rolebinding", "b", "--role=r", "--serviceaccount=made:robot"]));
      assert.deepEqual(await shown("rolebinding/b", ".subjects"), [
        { kind: "ServiceAccount", name: "robot", namespace: "made" },
      ]);
    });

    it("clusterrole, clusterrolebinding and priorityclass", async () => {
      succeeded(await kubectl(["create", "clusterrole", "r", "--verb=get", "--non-resource-url=/metrics"]));
      assert.deepEqual(await shown("clusterrole/r", ".rules"), [
        { nonResourceURLs: ["/metrics"], verbs: ["get"] },
      ]);
      succeeded(await kubectl(["create", "clusterrolebinding", "b", "--clusterrole=r", "--user=jane"]));
      assert.deepEqual(await shown("clusterrolebinding/b", ".roleRef"), {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "r",
      });
      succeeded(await kubectl(["create", "priorityclass", "p", "--value=-5"]));
      assert.equal(await shown("priorityclass/p", ".value"), -5);
    });
  });

  describe("auth", () => {
    it("can-i", async () => {
      assert.equal(succeeded(await kubectl(["auth", "can-i", "delete", "pods/x"])), "yes");
      assert.equal(succeeded(await kubectl(["auth", "can-i", "get", "/metrics"])), "yes");
      assert.match(succeeded(await kubectl(["auth", "can-i", "--list"])), /^\*\.\* .*\[\*\]$/m);
    });

    it("whoami", async () => {
      assert.match(succeeded(await kubectl(["auth", "whoami"])), /^Username +\w/m);
    });
  });

  describe("pods", () => {
    const onNode = `
apiVersion: v1
kind: Node
metadata: { name: drained }
---
apiVersion: v1
kind: Pod
metadata: { name: short-lived }
spec: { nodeName: drained, terminationGracePeriodSeconds: 1, containers: [{ name: a, image: b }] }
`;
    for (const args of [
      ["delete", "pod", "short-lived"],
      ["drain", "drained", "--force"],
    ]) {
      it(`${args[0]} returns after the grace period`, async function () {
        if (server.kind !== "embedded")
          skipBecause(this, "deleting a pod needs a kubelet, and none runs here");
        succeeded(await apply(onNode));
        succeeded(await kubectl([...args, "--timeout=20s"]));
        assert.match(failed(await kubectl(["get", "pod", "short-lived"])), /not found/);
      });
    }
  });

  describe("delete", () => {
    it("waits for finalizers; wait --for=delete detects the removal", async () => {
      const finalizers = { metadata: { finalizers: ["kubesteer.dev/test"] } };
      succeeded(await kubectl(["patch", "pxc", "default", "--type=merge", "-p", JSON.stringify(finalizers)]));
      const deleting = kubectl(["delete", "pxc", "default", "--timeout=20s"]);
      const waiting = kubectl(["wait", "--for=delete", "pxc/default", "--timeout=20s"]);
      await kubectl(["get", "pxc"]);
      succeeded(
        await kubectl([
          "patch",
          "pxc",
          "default",
          "--type=json",
          "-p",
          '[{"op":"remove","path":"/metadata/finalizers"}]',
        ]),
      );
      succeeded(await deleting);
      succeeded(await waiting);
      assert.match(
        failed(await kubectl(["get", "pxc", "default"])),
        /proxyconfigs\.kubesteer\.dev "default" not found/,
      );
    });

    it("delete -f and --ignore-not-found", async () => {
      succeeded(await kubectl(["delete", "-f", "-"], { input: services }));
      succeeded(await kubectl(["delete", "pxc", "none", "--ignore-not-found"]));
    });
  });
});
