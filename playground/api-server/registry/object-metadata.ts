import { randomBytes, randomUUID } from "node:crypto";
import {
  forbidden,
  invalid,
  required,
  tooLong,
  type FieldError,
} from "../../../crds/validation/field-error.ts";
import type { KubeObject } from "../kube-object.ts";
import { withMetadata } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { stringAt, textOf, type JsonObject } from "../json-value.ts";
import { badRequest, StatusError, staleObject } from "../status-error.ts";
import { checkLabelValue, checkQualifiedName } from "./names.ts";

/** Maximum total size of all annotations of an object, in bytes. */
const maxAnnotationsSize = 256 * 1024;

/** The object with the metadata of a new object: a name, a uid and the server's timestamps. */
export function asNewObject(
  type: ResourceType,
  object: KubeObject,
  place: { readonly namespace: string; readonly now: string },
): KubeObject {
  const generateName = stringAt(object.metadata, "generateName") ?? "";
  const given = stringAt(object.metadata, "name") ?? "";
  const name = given === "" && generateName !== "" ? `${generateName}${randomSuffix()}` : given;
  const finalizers = [...new Set(object.metadata.finalizers)];
  return withMetadata(object, {
    name,
    namespace: type.namespaced ? place.namespace : undefined,
    uid: randomUUID(),
    creationTimestamp: place.now,
    generation: type.strategy.tracksGeneration ? 1 : undefined,
    resourceVersion: undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
    finalizers: finalizers.length === 0 ? undefined : finalizers,
  });
}

/** Five characters without vowels, as in the suffix of names that kube-apiserver generates. */
function randomSuffix(): string {
  const alphabet = "bcdfghjklmnpqrstvwxz2456789";
  return [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/**
 * The changed object with the metadata that only the server writes, taken from the stored object.
 *
 * @throws StatusError if name, uid or resourceVersion identify a different object or a different state of it.
 */
export function keepServerMetadata(type: ResourceType, object: KubeObject, current: KubeObject): KubeObject {
  const { name, uid, resourceVersion } = object.metadata;
  if (name !== undefined && name !== current.metadata.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${current.metadata.name})`,
    );
  }
  if (uid !== undefined && uid !== "" && uid !== current.metadata.uid) {
    const detail = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid ?? ""}`;
    throw new StatusError({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on ${type.plural} "${current.metadata.name}": ${detail}`,
      subject: type,
      name: current.metadata.name,
    });
  }
  if (
    resourceVersion !== undefined &&
    resourceVersion !== "" &&
    resourceVersion !== current.metadata.resourceVersion
  ) {
    throw staleObject(type, current.metadata.name);
  }
  const { metadata } = current;
  return withMetadata(object, {
    name: metadata.name,
    namespace: metadata.namespace,
    generateName: metadata["generateName"],
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    creationTimestamp: metadata.creationTimestamp,
    deletionTimestamp: metadata.deletionTimestamp,
    deletionGracePeriodSeconds: metadata["deletionGracePeriodSeconds"],
    generation: metadata.generation,
    selfLink: undefined,
  });
}

/** Errors in the metadata of a new or changed object. */
export function metadataErrors(
  type: ResourceType,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  return [
    ...nameErrors(type, object),
    ...labelErrors(object.metadata.labels ?? {}, "metadata.labels"),
    ...annotationErrors(object),
    ...finalizerErrors(object, old),
    ...ownerErrors(object),
  ];
}

function nameErrors(type: ResourceType, object: KubeObject): readonly FieldError[] {
  const { name } = object.metadata;
  if (name === "") return [required("metadata.name", "name or generateName is required")];
  const problem = type.strategy.checkName(name);
  return problem === undefined ? [] : [invalid("metadata.name", name, problem)];
}

/** Validates keys and values of labels or label selectors. */
export function labelErrors(labels: JsonObject, field: string): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const text = textOf(value);
    const keyProblem = checkQualifiedName(key);
    const valueProblem = checkLabelValue(text);
    return [
      ...(keyProblem === undefined ? [] : [invalid(field, key, keyProblem)]),
      ...(valueProblem === undefined ? [] : [invalid(field, text, valueProblem)]),
    ];
  });
}

function annotationErrors(object: KubeObject): readonly FieldError[] {
  const annotations = Object.entries(object.metadata.annotations ?? {});
  const keyErrors = annotations.flatMap(([key]) => {
    const problem = checkQualifiedName(key.toLowerCase());
    return problem === undefined ? [] : [invalid("metadata.annotations", key, problem)];
  });
  const size = annotations.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return size > maxAnnotationsSize
    ? [...keyErrors, tooLong("metadata.annotations", maxAnnotationsSize)]
    : keyErrors;
}

function finalizerErrors(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const finalizers = object.metadata.finalizers ?? [];
  const malformed = finalizers.flatMap((finalizer) => {
    const problem = checkQualifiedName(finalizer);
    return problem === undefined ? [] : [invalid("metadata.finalizers", finalizer, problem)];
  });
  if (old?.metadata.deletionTimestamp === undefined) return malformed;
  const before = old.metadata.finalizers ?? [];
  const added = finalizers.filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return malformed;
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  return [
    ...malformed,
    forbidden(
      "metadata.finalizers",
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    ),
  ];
}

function ownerErrors(object: KubeObject): readonly FieldError[] {
  const owners = object.metadata.ownerReferences ?? [];
  const field = "metadata.ownerReferences";
  const [controller, other] = owners.filter((owner) => owner.controller === true);
  const secondController =
    controller === undefined || other === undefined
      ? []
      : [
          invalid(
            field,
            owners,
            'Only one reference can have Controller set to true. Found "true" in references for ' +
              `${controller.kind}/${controller.name} and ${other.kind}/${other.name}`,
          ),
        ];
  const malformed = owners.flatMap((owner) => {
    return [
      ...(owner.apiVersion
        ? []
        : [invalid(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty")]),
      ...(owner.kind ? [] : [invalid(`${field}.kind`, owner.kind ?? "", "must not be empty")]),
      ...(owner.name ? [] : [invalid(`${field}.name`, owner.name ?? "", "must not be empty")]),
      ...(owner.uid ? [] : [invalid(`${field}.uid`, owner.uid ?? "", "must not be empty")]),
    ];
  });
  return [...malformed, ...secondController];
}
