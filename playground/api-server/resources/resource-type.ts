import type { FieldError } from "../../../crds/validation/field-error.ts";
import type { JsonObject } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import type { Allocations } from "../registry/services/allocations.ts";
import type { Schema } from "../schema/schema.ts";
import type { Column } from "../table/column.ts";

/** One served kind of object. */
export interface ResourceType {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Whether the kind is defined by a CustomResourceDefinition. */
  readonly custom: boolean;
  /** Key in the store; versions and groups that show the same objects share it. */
  readonly storedAs: string;
  /** Read on first use: built-in schemas are large. */
  readonly schema: () => Schema;
  readonly hasStatus: boolean;
  /** Paths of the scale subresource's fields; absent without one. */
  readonly scale?: ScalePaths;
  /** Dotted paths that field selectors may use besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
  readonly columns: readonly Column[];
  readonly strategy: Strategy;
  /** Conversion between the stored form and the form of this version. */
  readonly conversion?: {
    readonly fromStored: (object: KubeObject) => KubeObject;
    readonly toStored: (object: KubeObject) => KubeObject;
  };
}

/** Paths of the replicas of an object, as property names. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly selector: readonly string[] | undefined;
}

/** What a strategy may use besides the object. */
export interface StrategyContext {
  /** RFC 3339, seconds. */
  readonly now: string;
  readonly allocations: Allocations;
  /** The other objects of a stored resource. */
  readonly list: (storedAs: string) => readonly KubeObject[];
}

/** The special behaviour of one kind: the part of kube-apiserver's registry strategy that this server implements. */
export interface Strategy {
  /** Whether metadata.generation counts changes of the desired state. */
  readonly tracksGeneration: boolean;
  /** Whether a PUT without resourceVersion is rejected. */
  readonly requiresResourceVersion: boolean;
  /** Detail of the error for an invalid name, or `undefined`. */
  readonly checkName: (name: string) => string | undefined;
  /** Fills in what the server determines: defaults, allocations, initial status. */
  readonly prepare: (object: KubeObject, old: KubeObject | undefined, context: StrategyContext) => KubeObject;
  readonly validate: (
    object: KubeObject,
    old: KubeObject | undefined,
    context: StrategyContext,
  ) => readonly FieldError[];
  /** Fields that affect the generation. */
  readonly desiredState: (object: KubeObject) => JsonObject;
  /** Finalizers that the server adds to an object when its deletion is requested. */
  readonly deletionFinalizers: readonly string[];
  /** Seconds that an object still exists after its deletion was requested. */
  readonly gracePeriodSeconds: (object: KubeObject) => number;
}
