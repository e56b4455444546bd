import assert from "node:assert/strict";
import { failed, succeeded, useKubectl } from "./kubectl-stage.ts";

describe("kubectl that creates", function () {
  this.timeout(120_000);
  const { kubectl, shown } = useKubectl();

  describe("with protobuf bodies of flat objects", () => {
    it("namespace, configmap and serviceaccount", async () => {
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

    it("services of every type", async () => {
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

  describe("with protobuf bodies of nested objects", () => {
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
});
