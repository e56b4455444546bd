import type { KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { ObjectKey } from "../storage/object-store.ts";

/** The object, or the part of it, that a request is about. */
export interface Target {
  readonly type: ResourceType;
  /** "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: "" | "status";
}

/** How a write is to be done: the query parameters that all writes have. */
export interface WriteOptions {
  readonly fieldManager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Takes what the client should know about a request that succeeds. */
  readonly warn?: (message: string) => void;
}

/** Where the target is stored. */
export function keyOf(target: Pick<Target, "type" | "namespace" | "name">): ObjectKey {
  return { resource: target.type.storedAs, namespace: target.namespace, name: target.name };
}

/** A stored object as a version of its kind shows it. */
export function served(type: ResourceType, object: KubeObject): KubeObject {
  if (type.conversion !== undefined) return type.conversion.fromStored(object);
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** An object of a version of its kind as it is stored. */
export function stored(type: ResourceType, object: KubeObject): KubeObject {
  return type.conversion === undefined ? object : type.conversion.toStored(object);
}

/** Tells the client which of its fields were dropped, unless it does not want to know. */
export function warnOfUnknownFields(unknownFields: readonly string[], options: WriteOptions): void {
  if (options.fieldValidation === "Ignore") return;
  for (const field of unknownFields) options.warn?.(`unknown field "${field}"`);
}
