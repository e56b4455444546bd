import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { parse } from "yaml";
import packageJson from "../../../package.json" with { type: "json" };
import { parseCommand as parseAgentCommand } from "../../../agent/options.ts";
import { parseCommand as parseOperatorCommand } from "../../../operator/options.ts";
import { skipBecause } from "../../support/skip.ts";
import {
  renderManifests,
  type Container,
  type Manifest,
  type PodSpec,
  type PolicyRule,
} from "./rendered-manifests.ts";

for (const directory of ["default", "overlays/kubeadm", "overlays/kubeadm-one-node"]) {
  describe(`config/${directory}`, () => {
    let manifests: readonly Manifest[] = [];

    before(function () {
      this.timeout(60_000);
      const rendered = renderManifests(directory);
      if (rendered === undefined) skipBecause(this, "kubectl is not installed");
      manifests = rendered;
    });

    function workloads(): readonly Manifest[] {
      return manifests.filter(({ kind }) => kind === "DaemonSet" || kind === "Deployment");
    }

    function find(kind: string, name: string): Manifest {
      const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
      assert.ok(found !== undefined, `${kind} ${name} is missing`);
      return found;
    }

    function podOf(kind: string, name: string): PodSpec {
      return find(kind, name).spec.template.spec;
    }

    function rulesOf(kind: string, name: string): readonly PolicyRule[] {
      return find(kind, name).rules ?? [];
    }

    it("has both kinds, both programs and their permissions, once each", () => {
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      assert.deepEqual(names, [...new Set(names)]);
      assert.equal(workloads().length, 2);
      assert.equal(names.filter((name) => name.startsWith("CustomResourceDefinition ")).length, 2);
    });

    it("is in kube-system, where the privileged Pod Security Standard applies", () => {
      const namespaces = manifests.flatMap(({ metadata }) => metadata.namespace ?? []);
      assert.deepEqual([...new Set(namespaces)], ["kube-system"]);
    });

    it("labels everything, with the version of package.json", () => {
      for (const { kind, metadata } of manifests) {
        assert.equal(metadata.labels?.["app.kubernetes.io/name"], "kubesteer", `${kind} ${metadata.name}`);
        assert.equal(metadata.labels["app.kubernetes.io/part-of"], "kubesteer", `${kind} ${metadata.name}`);
        assert.equal(metadata.labels["app.kubernetes.io/version"], packageJson.version);
      }
    });

    it("runs the image of this version", () => {
      for (const { spec } of workloads()) {
        const images = spec.template.spec.containers.map(({ image }) => image);
        assert.deepEqual(images, [`kubesteer:${packageJson.version}`]);
      }
    });

    it("selects pods by name and component only, and by labels that they have", () => {
      for (const { spec } of workloads()) {
        const { matchLabels } = spec.selector;
        assert.deepEqual(Object.keys(matchLabels).toSorted(), [
          "app.kubernetes.io/component",
          "app.kubernetes.io/name",
        ]);
        for (const [key, value] of Object.entries(matchLabels)) {
          assert.equal(spec.template.metadata.labels[key], value);
        }
      }
    });

    it("grants nothing by wildcard", () => {
      for (const { kind, metadata, rules = [] } of manifests) {
        const granted = rules.flatMap(({ apiGroups, resources, verbs }) => [
          ...apiGroups,
          ...resources,
          ...verbs,
        ]);
        assert.ok(!granted.some((word) => word.includes("*")), `${kind} ${metadata.name}`);
      }
    });

    it("allows an agent to write its status and events, and nothing else", () => {
      const readOnly = new Set(["get", "list", "watch"]);
      const writes = rulesOf("ClusterRole", "kubesteer-agent").flatMap(({ resources, verbs }) =>
        verbs
          .filter((verb) => !readOnly.has(verb))
          .flatMap((verb) => resources.map((name) => `${verb} ${name}`)),
      );
      assert.deepEqual(writes, ["patch nodeproxies/status", "create events", "patch events"]);
    });

    it("never allows the operator to write the spec of a ProxyConfig", () => {
      const verbs = rulesOf("ClusterRole", "kubesteer-operator")
        .filter(({ resources }) => resources.includes("proxyconfigs"))
        .flatMap((rule) => rule.verbs);
      assert.deepEqual(verbs, ["get", "list", "watch"]);
    });

    it("allows the operator to change only its own Lease in the namespace", () => {
      const changing = rulesOf("Role", "kubesteer-operator").filter(({ verbs }) => verbs.includes("update"));
      assert.deepEqual(
        changing.map(({ resources, resourceNames }) => [resources, resourceNames]),
        [[["leases"], ["kubesteer-operator"]]],
      );
    });

    it("lets the operator store revisions in its own namespace only", () => {
      const kinds = ["Role", "ClusterRole"].filter((kind) =>
        rulesOf(kind, "kubesteer-operator").some((rule) => rule.resources.includes("controllerrevisions")),
      );
      assert.deepEqual(kinds, ["Role"]);
    });

    it("reads no secrets", () => {
      const resources = manifests.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.resources));
      assert.ok(!resources.includes("secrets"));
    });

    it("binds roles that exist to service accounts that exist and are used", () => {
      const bindings = manifests.filter(({ kind }) => kind.endsWith("RoleBinding"));
      assert.equal(bindings.length, 3);
      const used = new Set(workloads().map(({ spec }) => spec.template.spec.serviceAccountName));
      for (const { roleRef, subjects } of bindings) {
        find(roleRef.kind, roleRef.name);
        for (const { kind, name, namespace } of subjects) {
          assert.equal(find(kind, name).metadata.namespace, namespace);
          assert.ok(used.has(name), `${name} is not used`);
        }
      }
    });

    it("restricts agents to their own node", () => {
      find("ValidatingAdmissionPolicy", "kubesteer-agent-own-node");
      find("ValidatingAdmissionPolicyBinding", "kubesteer-agent-own-node");
    });

    it("starts agents on every node, before everything else", () => {
      const pod = podOf("DaemonSet", "kubesteer-agent");
      assert.deepEqual(pod.tolerations, [{ operator: "Exists" }]);
      assert.equal(pod.priorityClassName, "system-node-critical");
      assert.equal(pod.hostNetwork, true);
    });

    it("starts the operator without Services and before the nodes are ready", () => {
      const pod = podOf("Deployment", "kubesteer-operator");
      assert.equal(pod.priorityClassName, "system-cluster-critical");
      assert.equal(pod.hostNetwork, true);
      for (const taint of [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/network-unavailable",
        "node.cloudprovider.kubernetes.io/uninitialized",
      ]) {
        assert.ok(
          pod.tolerations.some(({ key }) => key === taint),
          taint,
        );
      }
    });

    it("has a second operator, except where no second node has free ports", () => {
      const { replicas } = find("Deployment", "kubesteer-operator").spec;
      assert.equal(replicas, directory.endsWith("-one-node") ? 1 : 2);
    });

    it("runs the operator as an unprivileged user", () => {
      const pod = podOf("Deployment", "kubesteer-operator");
      assert.equal(pod.securityContext["runAsNonRoot"], true);
      assert.deepEqual(
        pod.containers.map(({ securityContext }) => securityContext.capabilities.add ?? []),
        [[]],
      );
    });

    it("gives agents only the network capabilities", () => {
      const [container] = podOf("DaemonSet", "kubesteer-agent").containers;
      assert.deepEqual(container?.securityContext.capabilities.add, ["NET_ADMIN", "NET_RAW"]);
    });

    it("confines every container", () => {
      for (const { spec } of workloads()) {
        assert.deepEqual(spec.template.spec.securityContext["seccompProfile"], { type: "RuntimeDefault" });
        for (const { securityContext } of spec.template.spec.containers) {
          assert.notEqual(securityContext.privileged, true);
          assert.equal(securityContext.allowPrivilegeEscalation, false);
          assert.equal(securityContext.readOnlyRootFilesystem, true);
          assert.deepEqual(securityContext.capabilities.drop, ["ALL"]);
        }
      }
    });

    it("requests resources, limits memory and keeps the heap well below that limit", () => {
      for (const container of workloads().flatMap(({ spec }) => spec.template.spec.containers)) {
        const { requests, limits } = container.resources;
        assert.ok(requests["cpu"] !== undefined && requests["memory"] !== undefined, container.name);
        assert.equal(limits["cpu"], undefined, `${container.name} must not be throttled`);
        const limitMiB = Number(/^(\d+)Mi$/.exec(limits["memory"] ?? "")?.[1]);
        const heapMiB = Number(/--max-old-space-size=(\d+)/.exec(nodeOptions(container))?.[1]);
        assert.ok(heapMiB <= limitMiB * 0.65, `${container.name}: heap of ${heapMiB} in ${limitMiB} MiB`);
      }
    });

    it("passes NODE_OPTIONS that Node.js accepts", () => {
      for (const container of workloads().flatMap(({ spec }) => spec.template.spec.containers)) {
        const env = { ...process.env, NODE_OPTIONS: nodeOptions(container) };
        execFileSync(process.execPath, ["--eval", "0"], { env });
      }
    });

    it("probes the port that the program listens on", () => {
      for (const container of workloads().flatMap(({ spec }) => spec.template.spec.containers)) {
        for (const probe of [container.livenessProbe, container.readinessProbe]) {
          assert.equal(probe.httpGet.port, "health", container.name);
        }
        for (const { name, containerPort } of container.ports) {
          assert.ok(
            container.args.includes(`--${name}-address=0.0.0.0:${containerPort}`),
            `${container.name} ${name}`,
          );
        }
      }
    });

    it("starts the agent with valid flags", () => {
      const [container] = podOf("DaemonSet", "kubesteer-agent").containers;
      const args = container?.args.map((arg) => arg.replace("$(NODE_NAME)", "node-1")) ?? [];
      const command = parseAgentCommand(args, { nodeName: undefined, hostname: "other" });
      assert.ok(command.kind === "run");
      assert.equal(command.options.nodeName, "node-1");
    });

    it("stores the agent's state on the disk of the node, so that it survives restarts of the pod and the node", () => {
      const { containers, volumes } = podOf("DaemonSet", "kubesteer-agent");
      const mount = containers[0]?.volumeMounts.find(({ name }) => name === "state");
      assert.ok(containers[0]?.args.includes(`--state-dir=${mount?.mountPath}`));
      assert.deepEqual(volumes.find(({ name }) => name === "state")?.hostPath, {
        path: "/var/lib/kubesteer",
        type: "DirectoryOrCreate",
      });
    });

    it("starts the operator with valid flags", () => {
      const [container] = podOf("Deployment", "kubesteer-operator").containers;
      const args = container?.args.map((arg) => arg.replace(/\$\((\w+)\)/, "value")) ?? [];
      const surroundings = { kubeconfig: undefined, otlpEndpoint: undefined, hostname: "other" };
      const command = parseOperatorCommand(args, surroundings);
      assert.ok(command.kind === "run");
      assert.equal(command.options.identity, "value");
    });

    it("mounts exactly the volumes that it declares", () => {
      for (const { metadata, spec } of workloads()) {
        const { containers, volumes } = spec.template.spec;
        const mounted = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
        assert.deepEqual(
          [...new Set(mounted)].toSorted(),
          volumes.map(({ name }) => name).toSorted(),
          metadata.name,
        );
      }
    });

    it("reaches the API server through a kubeconfig with the service account's token", () => {
      for (const { spec } of workloads()) {
        const configMaps = spec.template.spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
        if (directory.startsWith("overlays/kubeadm")) {
          assert.deepEqual(configMaps, ["kube-proxy"]);
          assert.ok(!manifests.some(({ kind }) => kind === "ConfigMap"));
          continue;
        }
        assert.deepEqual(configMaps, ["kubesteer-kubeconfig"]);
        const text = find("ConfigMap", "kubesteer-kubeconfig").data["kubeconfig.conf"] ?? "";
        assert.match(text, /tokenFile: \/var\/run\/secrets\/kubernetes\.io\/serviceaccount\/token/);
        assert.match(
          (parse(text) as { clusters: { cluster: { server: string } }[] }).clusters[0]?.cluster.server ?? "",
          /^https:/,
        );
      }
    });
  });
}

function nodeOptions(container: Container): string {
  return container.env.find(({ name }) => name === "NODE_OPTIONS")?.value ?? "";
}
