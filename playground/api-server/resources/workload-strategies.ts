import { invalid, required, type FieldError } from "../../../crds/validation/field-error.ts";
import { arrayAt, entriesOf, numberAt, objectAt, stringAt, type JsonObject } from "../json-value.ts";
import { parseKubeObject, type KubeObject } from "../kube-object.ts";
import { defaultPodSpec } from "./pod-defaults.ts";
import type { Strategy } from "./resource-type.ts";
import { plainStrategy } from "./strategy.ts";

/** Pods: a pod that is bound to a node still exists for its grace period, like its containers. */
export const podStrategy: Strategy = {
  ...plainStrategy,
  tracksGeneration: true,
  prepare: (object, old) => {
    const status =
      old === undefined ? { phase: "Pending", qosClass: "BestEffort" } : objectAt(object, "status");
    return parseKubeObject({ ...object, spec: defaultPodSpec(objectAt(object, "spec")), status });
  },
  validate: (object) => containerErrors(objectAt(object, "spec"), "spec"),
  gracePeriodSeconds: (object) => {
    const isRunning = stringAt(object, "spec", "nodeName") !== undefined && !isFinished(object);
    return isRunning ? (numberAt(object, "spec", "terminationGracePeriodSeconds") ?? 30) : 0;
  },
};

function isFinished(pod: KubeObject): boolean {
  const phase = stringAt(pod, "status", "phase");
  return phase === "Succeeded" || phase === "Failed";
}

/** DaemonSets with the defaults of apps/v1. */
export const daemonSetStrategy: Strategy = workloadStrategy((spec) => ({
  revisionHistoryLimit: 10,
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  ...spec,
}));

/** Deployments with the defaults of apps/v1. */
export const deploymentStrategy: Strategy = workloadStrategy((spec) => ({
  replicas: 1,
  revisionHistoryLimit: 10,
  progressDeadlineSeconds: 600,
  strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
  ...spec,
}));

function workloadStrategy(defaultSpec: (spec: JsonObject) => JsonObject): Strategy {
  return {
    ...plainStrategy,
    tracksGeneration: true,
    prepare: (object) => {
      const spec = defaultSpec(objectAt(object, "spec"));
      const template = objectAt(spec, "template");
      const podSpec = defaultPodSpec(objectAt(template, "spec"));
      const status = objectAt(object, "status");
      return parseKubeObject({
        ...object,
        spec: { ...spec, template: { ...template, spec: podSpec } },
        status,
      });
    },
    validate: workloadErrors,
  };
}

function workloadErrors(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const selector = objectAt(object, "spec", "selector", "matchLabels");
  const labels = objectAt(object, "spec", "template", "metadata", "labels");
  const errors: FieldError[] = [];
  if (object["spec"] === undefined || objectAt(object, "spec")["selector"] === undefined)
    errors.push(required("spec.selector"));
  if (!entriesOf(selector).every(([key, value]) => labels[key] === value)) {
    errors.push(
      invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"),
    );
  }
  const before = old === undefined ? undefined : objectAt(old, "spec", "selector");
  if (
    before !== undefined &&
    JSON.stringify(before) !== JSON.stringify(objectAt(object, "spec", "selector"))
  ) {
    errors.push(invalid("spec.selector", objectAt(object, "spec", "selector"), "field is immutable"));
  }
  return [...errors, ...containerErrors(objectAt(object, "spec", "template", "spec"), "spec.template.spec")];
}

function containerErrors(podSpec: JsonObject, field: string): readonly FieldError[] {
  const containers = arrayAt(podSpec, "containers");
  if (containers.length === 0) return [required(`${field}.containers`)];
  return containers.flatMap((container, index) => [
    ...(stringAt(container, "name") === undefined ? [required(`${field}.containers[${index}].name`)] : []),
    ...(stringAt(container, "image") === undefined ? [required(`${field}.containers[${index}].image`)] : []),
  ]);
}
