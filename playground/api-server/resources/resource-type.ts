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
  /** Whether it comes from a CustomResourceDefinition. */
  readonly custom: boolean;
  /** Key of the store; versions and groups that show the same objects share it. */
  readonly storedAs: string;
  /** Read on first use: built-in schemas are large. */
  readonly schema: () => Schema;
  readonly hasStatus: boolean;
  /** Paths of the scale subresource's fields; absent without one. */
  readonly scale?: ScalePaths;
  /** Dotted paths that field selectors may name besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
  readonly columns: readonly Column[];
  readonly strategy: Strategy;
  /** Between the stored form and the form of this version. */
  readonly conversion?: {
    readonly fromStored: (object: KubeObject) => KubeObject;
    readonly toStored: (object: KubeObject) => KubeObject;
  };
}

/** Where an object keeps its replicas, as property names. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly selector: readonly string[] | undefined;
}

/** What a strategy may look at besides the object. */
export interface StrategyContext {
  /** RFC 3339, seconds. */
  readonly now: string;
  readonly allocations: Allocations;
  /** The other objects of a stored resource. */
  readonly list: (storedAs: string) => readonly KubeObject[];
}

/** What is special about one kind: the part of kube-apiserver's registry strategy that this server has. */
export interface Strategy {
  /** Whether metadata.generation counts changes of the desired state. */
  readonly tracksGeneration: boolean;
  /** Whether a PUT without resourceVersion is refused. */
  readonly requiresResourceVersion: boolean;
  /** Detail of the error for a name that will not do, or `undefined`. */
  readonly checkName: (name: string) => string | undefined;
  /** Fills in what the server decides: defaults, allocations, first status. */
  readonly prepare: (object: KubeObject, old: KubeObject | undefined, context: StrategyContext) => KubeObject;
  readonly validate: (
    object: KubeObject,
    old: KubeObject | undefined,
    context: StrategyContext,
  ) => readonly FieldError[];
  /** Fields that count for the generation. */
  readonly desiredState: (object: KubeObject) => JsonObject;
  /** Finalizers that the server puts on an object when its deletion is asked for. */
  readonly deletionFinalizers: readonly string[];
  /** Seconds an object keeps existing after its deletion was asked for. */
  readonly gracePeriodSeconds: (object: KubeObject) => number;
}
