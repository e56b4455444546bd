import {
  textOf,
  isJsonObject,
  numberAt,
  objectAt,
  valueAt,
  withValueAt,
  type JsonObject,
  type JsonValue,
} from "../json-value.ts";
import { parseKubeObject, type KubeObject } from "../kube-object.ts";
import { applyMergePatch } from "../patch/merge-patch.ts";
import type { ScalePaths } from "../resources/resource-type.ts";
import { badRequest } from "../status-error.ts";

/** The scale subresource of an object. */
export function scaleOf(object: KubeObject, paths: ScalePaths): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, ...paths.specReplicas) ?? 0 },
    status: { replicas: numberAt(object, ...paths.statusReplicas) ?? 0, ...selectorOf(object, paths) },
  };
}

function selectorOf(object: KubeObject, { selector }: ScalePaths): JsonObject {
  const found = selector === undefined ? undefined : valueAt(object, ...selector);
  if (typeof found === "string") return { selector: found };
  const labels = Object.entries(objectAt(found, "matchLabels")).map(
    ([key, value]) => `${key}=${textOf(value)}`,
  );
  return labels.length === 0 ? {} : { selector: labels.join(",") };
}

/** The object with the replicas of a new or merge-patched Scale. */
export function withScale(
  object: KubeObject,
  paths: ScalePaths,
  change: { readonly body: JsonValue; readonly isPatch: boolean },
): KubeObject {
  if (!isJsonObject(change.body)) throw badRequest("a Scale must be an object");
  const scale = change.isPatch ? applyMergePatch(scaleOf(object, paths), change.body) : change.body;
  const replicas = numberAt(scale, "spec", "replicas");
  if (replicas === undefined || replicas < 0)
    throw badRequest("spec.replicas of a Scale must be a number that is not negative");
  return parseKubeObject(withValueAt(object, paths.specReplicas, replicas));
}
