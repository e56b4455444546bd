import { isJsonObject, type JsonObject, type JsonValue, stringAt } from "./json-value.ts";

/** The part of metav1.ObjectMeta that the server itself reads. */
export type ObjectMetadata = JsonObject & {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly JsonObject[];
};

/** metav1.OwnerReference: the object is removed when all its owners are gone. */
export type OwnerReference = JsonObject & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly blockOwnerDeletion?: boolean;
};

/** One API object, as stored and sent. */
export type KubeObject = JsonObject & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
};

/**
 * Reads a decoded object whose metadata a schema has validated.
 *
 * @throws TypeError if apiVersion, kind or metadata is missing.
 */
export function parseKubeObject(value: JsonValue): KubeObject {
  if (
    !isJsonObject(value) ||
    stringAt(value, "apiVersion") === undefined ||
    stringAt(value, "kind") === undefined ||
    !isJsonObject(value["metadata"])
  ) {
    throw new TypeError("an API object needs apiVersion, kind and metadata");
  }
  return value as KubeObject;
}

/** The object with some metadata replaced; `undefined` removes a field. */
export function withMetadata(object: KubeObject, changes: JsonObject): KubeObject {
  const metadata = Object.fromEntries(
    Object.entries({ ...object.metadata, ...changes }).filter(([, value]) => value !== undefined),
  );
  return parseKubeObject({ ...object, metadata });
}
