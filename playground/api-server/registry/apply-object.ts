import { entriesOf, objectAt, stringAt, without, type JsonObject } from "../json-value.ts";
import { parseKubeObject, withMetadata, type KubeObject } from "../kube-object.ts";
import { applyConfiguration, type ApplyOutcome } from "../patch/field-ownership.ts";
import { difference, isEmptyFieldSet, type FieldSet } from "../patch/field-set.ts";
import { parseManagedFields, type FieldManager } from "../patch/managed-fields.ts";
import { typeProblem } from "../patch/type-problem.ts";
import { fieldsOf } from "../patch/typed-value.ts";
import { applyConflict, badRequest, notFound, untypedPatch } from "../status-error.ts";
import { apiVersionOf, decodeObject } from "./decode-object.ts";
import { keyOf, served, type Target, type WriteOptions } from "./target.ts";
import { createObject, updateObject, type WriteContext } from "./write-object.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Server-side apply: creates the object, or merges the configuration into it. Returns whether it is new. */
export function applyObject(
  target: Target,
  body: JsonObject,
  request: { readonly options: WriteOptions; readonly context: WriteContext; readonly force: boolean },
): { readonly object: KubeObject; readonly created: boolean } {
  const { options, context } = request;
  const applied = decodeApplied(target, body);
  const existing = context.store.get(keyOf(target));
  if (existing === undefined && target.subresource !== "") throw notFound(target.type, target.name);
  const live = existing === undefined ? undefined : served(target.type, existing);
  const outcome = applyOver(target, live, { applied, ...request });
  const object = parseKubeObject({ ...outcome.object, apiVersion: applied.apiVersion, kind: applied.kind });
  const ownership = () => outcome.managed;
  if (live === undefined) {
    return { object: createObject(target, object, { options, context, ownership }), created: true };
  }
  return { object: updateObject(target, () => object, { options, context, ownership }), created: false };
}

function decodeApplied(target: Target, body: JsonObject): KubeObject {
  const { type } = target;
  const { object, unknownFields } = decodeObject(type, body);
  const [unknown] = unknownFields;
  if (unknown !== undefined) {
    const detail = `.${unknown}: field not declared in schema`;
    throw untypedPatch(nameOf(target), apiVersionOf(type), type.kind, detail);
  }
  const problem = typeProblem(type.schema(), object);
  if (problem !== undefined) throw untypedPatch(nameOf(target), apiVersionOf(type), type.kind, problem);
  if (object.metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  return withMetadata(object, { name: object.metadata.name ?? target.name });
}

function nameOf({ type, namespace, name }: Target): string {
  return `${type.namespaced ? namespace : ""}/${name}`;
}

function applyOver(
  target: Target,
  live: KubeObject | undefined,
  request: {
    readonly applied: KubeObject;
    readonly options: WriteOptions;
    readonly context: WriteContext;
    readonly force: boolean;
  },
): Extract<ApplyOutcome, { kind: "applied" }> {
  const { applied, options, context } = request;
  const manager: FieldManager = {
    name: options.fieldManager,
    operation: "Apply",
    apiVersion: apiVersionOf(target.type),
    subresource: target.subresource,
  };
  const attempt = (force: boolean): ApplyOutcome =>
    applyConfiguration({
      schema: target.type.schema(),
      manager,
      managed: parseManagedFields(live?.metadata.managedFields ?? []),
      time: context.now,
      live: live ?? {},
      applied: effectivePart(target, applied),
      force,
    });
  const outcome = attempt(request.force);
  if (outcome.kind === "applied") return withLastApplied(outcome, { live, applied, manager });
  const forced = isCoveredByLastApplied(target, live, { manager, fields: outcome.fields })
    ? attempt(true)
    : outcome;
  if (forced.kind === "conflict") throw applyConflict(forced.conflicts);
  return withLastApplied(forced, { live, applied, manager });
}

/** The part of the configuration that takes effect at the target, and so can conflict and be owned. */
function effectivePart({ type, subresource }: Target, applied: KubeObject): JsonObject {
  if (subresource === "status") return { metadata: {}, status: applied["status"] };
  return without(applied, "apiVersion", "kind", ...(type.hasStatus ? ["status"] : []));
}

/**
 * `kubectl apply --server-side` on an object of `kubectl apply`: conflicts about fields in its last-applied annotation are
 * conflicts with itself.
 */
function isCoveredByLastApplied(
  target: Target,
  live: KubeObject | undefined,
  { manager, fields }: { readonly manager: FieldManager; readonly fields: FieldSet },
): boolean {
  const annotation = live?.metadata.annotations?.[lastApplied];
  if (manager.name !== "kubectl" || annotation === undefined) return false;
  const configuration = parseConfiguration(annotation);
  if (configuration === undefined) return false;
  return isEmptyFieldSet(difference(fields, fieldsOf(target.type.schema(), configuration)));
}

function parseConfiguration(annotation: string): JsonObject | undefined {
  try {
    return JSON.parse(annotation) as JsonObject;
  } catch {
    return undefined;
  }
}

/** Updates kubectl's annotation after its server-side apply, so that its client-side apply still works. */
function withLastApplied(
  outcome: Extract<ApplyOutcome, { kind: "applied" }>,
  {
    live,
    applied,
    manager,
  }: { readonly live: KubeObject | undefined; readonly applied: KubeObject; readonly manager: FieldManager },
): Extract<ApplyOutcome, { kind: "applied" }> {
  const annotations = objectAt(outcome.object, "metadata", "annotations");
  if (manager.name !== "kubectl" || live?.metadata.annotations?.[lastApplied] === undefined) return outcome;
  if (stringAt(annotations, lastApplied) === undefined) return outcome;
  const metadata = without(applied.metadata, "managedFields");
  const configuration = `${JSON.stringify({ ...Object.fromEntries(entriesOf(applied)), metadata })}\n`;
  const object = {
    ...outcome.object,
    metadata: {
      ...objectAt(outcome.object, "metadata"),
      annotations: { ...annotations, [lastApplied]: configuration },
    },
  };
  return { ...outcome, object };
}
