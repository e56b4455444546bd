import type { KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { ObjectKey } from "../storage/object-store.ts";

/** The object, or the part of it, that a request addresses. */
export interface Target {
  readonly type: ResourceType;
  /** "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: "" | "status";
}

/** Options of a write: the query parameters of all writes. */
export interface WriteOptions {
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Receives warnings for the client about a successful request. */
  readonly warn?: (message: string) => void;
}

/** Key of the target in the store. */
export function keyOf(target: Pick<Target, "type" | "namespace" | "name">): ObjectKey {
  return { resource: target.type.storedAs, namespace: target.namespace, name: target.name };
}

/** A stored object in the form of a version of its kind. */
export function served(type: ResourceType, object: KubeObject): KubeObject {
  if (type.conversion !== undefined) return type.conversion.fromStored(object);
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** An object of a version of its kind in the stored form. */
export function stored(type: ResourceType, object: KubeObject): KubeObject {
  return type.conversion === undefined ? object : type.conversion.toStored(object);
}

/** Warns the client about dropped fields, unless it disabled these warnings. */
export function warnOfUnknownFields(unknownFields: readonly string[], options: WriteOptions): void {
  if (options.fieldValidation === "Ignore") return;
  for (const field of unknownFields) options.warn?.(`unknown field "${field}"`);
}
