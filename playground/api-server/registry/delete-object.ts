import { objectAt } from "../json-value.ts";
import { parseKubeObject, withMetadata, type KubeObject } from "../kube-object.ts";
import { conflict, forbidden } from "../status-error.ts";
import { currentObject, type WriteContext } from "./write-object.ts";
import { keyOf, served, stored, type Target } from "./target.ts";

/** The part of metav1.DeleteOptions that the server supports. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** Finalizers that the garbage collector handles. */
export const foregroundDeletion = "foregroundDeletion";
export const orphanDependents = "orphan";

/** Namespaces that every cluster needs. */
const permanentNamespaces = new Set(["default", "kube-system", "kube-public"]);

/** Result of a deletion: the object is removed, or remains until its finalizers are gone and its grace period is over. */
export interface Deletion {
  readonly gone: boolean;
  readonly object: KubeObject;
}

/**
 * Removes the object, or marks it for deletion while finalizers or its grace period prevent the removal.
 *
 * @throws StatusError 404, 403 for a namespace that every cluster needs, 409 if a precondition is not met.
 */
export function deleteObject(target: Target, options: DeleteOptions, context: WriteContext): Deletion {
  const { type } = target;
  const current = currentObject(target, context.store);
  checkPreconditions(target, current, options);
  if (type.storedAs === "namespaces" && permanentNamespaces.has(target.name)) {
    throw forbidden(type, target.name, "this namespace may not be deleted");
  }
  const marked = markedForDeletion(target, current, options, context.now);
  if (!isHeld(target, marked)) {
    if (!options.dryRun) context.store.remove(keyOf(target));
    return { gone: true, object: current };
  }
  if (options.dryRun || marked === current) return { gone: false, object: marked };
  return { gone: false, object: served(type, context.store.put(keyOf(target), stored(type, marked))) };
}

function checkPreconditions(target: Target, current: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = current.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(
      target.type,
      target.name,
      `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid ?? ""}`,
    );
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      target.type,
      target.name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion ?? ""}`,
    );
  }
}

function markedForDeletion(
  target: Target,
  current: KubeObject,
  options: DeleteOptions,
  now: string,
): KubeObject {
  const allowed = target.type.strategy.gracePeriodSeconds(current);
  const grace = allowed === 0 ? 0 : (options.gracePeriodSeconds ?? allowed);
  const finalizers = [
    ...new Set([...propagationFinalizers(current, options), ...target.type.strategy.deletionFinalizers]),
  ];
  const { deletionTimestamp, generation } = current.metadata;
  if (deletionTimestamp !== undefined) {
    const before = Number(current.metadata["deletionGracePeriodSeconds"]) || 0;
    if (grace >= before) return current;
    return withMetadata(current, {
      deletionTimestamp: later(deletionTimestamp, grace - before),
      deletionGracePeriodSeconds: grace,
    });
  }
  const marked = withMetadata(current, {
    deletionTimestamp: later(now, grace),
    deletionGracePeriodSeconds: grace,
    ...(generation === undefined ? {} : { generation: generation + 1 }),
    finalizers: finalizers.length === 0 ? undefined : finalizers,
  });
  if (target.type.storedAs !== "namespaces") return marked;
  return parseKubeObject({ ...marked, status: { ...objectAt(marked, "status"), phase: "Terminating" } });
}

function later(time: string, seconds: number): string {
  return new Date(Date.parse(time) + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

function propagationFinalizers(current: KubeObject, { propagationPolicy }: DeleteOptions): readonly string[] {
  const finalizers = new Set(current.metadata.finalizers);
  if (propagationPolicy !== undefined) {
    finalizers.delete(foregroundDeletion);
    finalizers.delete(orphanDependents);
  }
  if (propagationPolicy === "Foreground") finalizers.add(foregroundDeletion);
  if (propagationPolicy === "Orphan") finalizers.add(orphanDependents);
  return [...finalizers];
}

function isHeld(target: Target, object: KubeObject): boolean {
  const hasFinalizers = (object.metadata.finalizers ?? []).length > 0;
  const hasGrace = (Number(object.metadata["deletionGracePeriodSeconds"]) || 0) > 0;
  return hasFinalizers || hasGrace || target.type.storedAs === "namespaces";
}
