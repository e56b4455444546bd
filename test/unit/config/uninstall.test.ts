import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommand } from "../../../agent/options.ts";
import { skipBecause } from "../../support/skip.ts";
import { renderManifests, type Manifest, type PodSpec } from "./rendered-manifests.ts";

const packageJson = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8")) as {
  readonly version: string;
};

function podOf(objects: readonly Manifest[], name: string): PodSpec {
  const found = objects.find(({ kind, metadata }) => kind === "DaemonSet" && metadata.name === name);
  assert.ok(found !== undefined, `DaemonSet ${name} is missing`);
  return found.spec.template.spec;
}

const stateOf = ({ volumes }: PodSpec) => volumes.find(({ name }) => name === "state")?.hostPath;

describe("config/overlays/uninstall", () => {
  let manifests: readonly Manifest[] = [];
  let agent: PodSpec;

  before(function () {
    this.timeout(60_000);
    const rendered = renderManifests("overlays/uninstall");
    const installed = renderManifests("default");
    if (rendered === undefined || installed === undefined) skipBecause(this, "kubectl is not installed");
    manifests = rendered;
    agent = podOf(installed, "kubesteer-agent");
  });

  const cleanup = () => podOf(manifests, "kubesteer-cleanup");
  const containers = () => [...(cleanup().initContainers ?? []), ...cleanup().containers];

  it("is one DaemonSet in the namespace of the agents, with similar labels", () => {
    assert.equal(manifests.length, 1);
    const [{ metadata, spec } = assert.fail()] = manifests;
    assert.equal(metadata.namespace, "kube-system");
    assert.deepEqual(metadata.labels, {
      "app.kubernetes.io/name": "kubesteer",
      "app.kubernetes.io/component": "cleanup",
      "app.kubernetes.io/part-of": "kubesteer",
      "app.kubernetes.io/version": packageJson.version,
    });
    for (const [key, value] of Object.entries(spec.selector.matchLabels)) {
      assert.equal(spec.template.metadata.labels[key], value);
    }
  });

  it("runs on every node that an agent runs on, in the same network and with the same image", () => {
    const { hostNetwork, nodeSelector, tolerations, priorityClassName } = cleanup();
    assert.deepEqual(
      { hostNetwork, nodeSelector, tolerations, priorityClassName },
      {
        hostNetwork: agent.hostNetwork,
        nodeSelector: agent.nodeSelector,
        tolerations: agent.tolerations,
        priorityClassName: agent.priorityClassName,
      },
    );
    for (const { image } of containers()) assert.equal(image, agent.containers[0]?.image);
  });

  it("waits on each node until no agent is left that would restore the rules", () => {
    const { podAntiAffinity } = cleanup().affinity ?? {};
    assert.deepEqual(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution, [
      {
        topologyKey: "kubernetes.io/hostname",
        labelSelector: {
          matchLabels: { "app.kubernetes.io/name": "kubesteer", "app.kubernetes.io/component": "agent" },
        },
      },
    ]);
  });

  it("runs the agent's cleanup before a pod is ready", () => {
    const [rules] = cleanup().initContainers ?? [];
    assert.deepEqual(rules?.command, agent.containers[0]?.command);
    const command = parseCommand(rules?.args ?? [], { nodeName: undefined, hostname: "node-1" });
    assert.equal(command.kind, "cleanup");
  });

  it("empties the directory where the agent keeps its state", () => {
    assert.deepEqual(stateOf(cleanup()), stateOf(agent));
    const state = cleanup().initContainers?.find(({ name }) => name === "state");
    const mount = state?.volumeMounts?.find(({ name }) => name === "state");
    assert.ok(mount !== undefined && state?.command.includes(mount.mountPath));
  });

  it("does not use the API server", () => {
    assert.equal(cleanup().automountServiceAccountToken, false);
    assert.equal(cleanup().serviceAccountName, undefined);
  });

  it("has only network capabilities, in one container only", () => {
    assert.deepEqual(cleanup().securityContext["seccompProfile"], { type: "RuntimeDefault" });
    for (const { name, securityContext } of containers()) {
      assert.notEqual(securityContext.privileged, true);
      assert.equal(securityContext.allowPrivilegeEscalation, false);
      assert.equal(securityContext.readOnlyRootFilesystem, true);
      assert.deepEqual(securityContext.capabilities.drop, ["ALL"]);
      assert.deepEqual(securityContext.capabilities.add ?? [], name === "rules" ? ["NET_ADMIN"] : []);
    }
  });

  it("requests few resources and limits memory", () => {
    for (const { name, resources } of containers()) {
      assert.ok(resources.requests["cpu"] !== undefined && resources.requests["memory"] !== undefined, name);
      assert.ok(resources.limits["memory"] !== undefined && resources.limits["cpu"] === undefined, name);
    }
  });
});
