import { invalid, required, type FieldError } from "../../../crds/validation/field-error.ts";
import { arrayAt, objectAt, stringAt, stringsAt, type JsonObject } from "../json-value.ts";
import { parseKubeObject, type KubeObject } from "../kube-object.ts";
import type { Strategy } from "./resource-type.ts";
import { plainStrategy } from "./strategy.ts";

/** Finalizer that keeps a CustomResourceDefinition until its objects are removed. */
export const customResourceCleanup = "customresourcecleanup.apiextensions.k8s.io";

/** CustomResourceDefinitions are served as soon as they are stored, so they are Established at once. */
export const crdStrategy: Strategy = {
  ...plainStrategy,
  tracksGeneration: true,
  requiresResourceVersion: true,
  deletionFinalizers: [customResourceCleanup],
  prepare: (object, old, { now }) => {
    const spec = objectAt(object, "spec");
    const names = defaultNames(objectAt(spec, "names"));
    const status = old === undefined ? {} : objectAt(object, "status");
    return parseKubeObject({
      ...object,
      spec: { conversion: { strategy: "None" }, ...spec, names },
      status: {
        ...status,
        acceptedNames: names,
        conditions: status["conditions"] ?? acceptedConditions(now),
        storedVersions: storedVersions(spec, status),
      },
    });
  },
  validate: (object) => [...nameErrors(object), ...versionErrors(objectAt(object, "spec"))],
};

function defaultNames(names: JsonObject): JsonObject {
  const kind = stringAt(names, "kind") ?? "";
  return { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names };
}

function acceptedConditions(now: string): readonly JsonObject[] {
  return [
    {
      type: "NamesAccepted",
      status: "True",
      lastTransitionTime: now,
      reason: "NoConflicts",
      message: "no conflicts found",
    },
    {
      type: "Established",
      status: "True",
      lastTransitionTime: now,
      reason: "InitialNamesAccepted",
      message: "the initial names have been accepted",
    },
  ];
}

function storedVersions(spec: JsonObject, status: JsonObject): readonly string[] {
  const storage = arrayAt(spec, "versions").filter((version) => objectAt(version)["storage"] === true);
  return [
    ...new Set([
      ...stringsAt(status, "storedVersions"),
      ...storage.map((version) => stringAt(version, "name") ?? ""),
    ]),
  ];
}

function nameErrors(object: KubeObject): readonly FieldError[] {
  const spec = objectAt(object, "spec");
  const group = stringAt(spec, "group") ?? "";
  const plural = stringAt(spec, "names", "plural") ?? "";
  const scope = stringAt(spec, "scope") ?? "";
  const errors: FieldError[] = [];
  if (group === "") errors.push(required("spec.group"));
  if (plural === "") errors.push(required("spec.names.plural"));
  if (stringAt(spec, "names", "kind") === undefined) errors.push(required("spec.names.kind"));
  if (scope !== "Cluster" && scope !== "Namespaced") errors.push(required("spec.scope"));
  if (errors.length === 0 && object.metadata.name !== `${plural}.${group}`) {
    errors.push(invalid("metadata.name", object.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  return errors;
}

function versionErrors(spec: JsonObject): readonly FieldError[] {
  const versions = arrayAt(spec, "versions");
  const storage = versions.filter((version) => objectAt(version)["storage"] === true);
  const errors: FieldError[] = [];
  if (storage.length !== 1) {
    errors.push(
      invalid("spec.versions", versions.length, "must have exactly one version marked as storage version"),
    );
  }
  for (const [index, version] of versions.entries()) {
    const schema = objectAt(version, "schema", "openAPIV3Schema");
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (Object.keys(schema).length === 0) errors.push(required(field, "schemas are required"));
    else if (schema["type"] !== "object")
      errors.push(invalid(`${field}.type`, stringAt(schema, "type") ?? "", "must be object at the root"));
  }
  return errors;
}
