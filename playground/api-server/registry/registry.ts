import { invalid as invalidField } from "../../../crds/validation/field-error.ts";
import type { Clock } from "../../../platform/async/clock.ts";
import type { Cidr } from "../../../platform/ip/address.ts";
import type { JsonObject, JsonValue } from "../json-value.ts";
import { isJsonObject } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { ResourceCatalog } from "../resources/resource-catalog.ts";
import { badRequest, forbidden, invalid, notFound } from "../status-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { applyObject } from "./apply-object.ts";
import { cannotBeHandled, decodeObject, strictDecodingError } from "./decode-object.ts";
import { deleteObject, type DeleteOptions, type Deletion } from "./delete-object.ts";
import { GarbageCollector, type DeleteStored } from "./garbage-collector.ts";
import { patchChange } from "./patch-object.ts";
import { PodTerminator } from "./pod-terminator.ts";
import { Allocations } from "./services/allocations.ts";
import { warnOfUnknownFields, type Target, type WriteOptions } from "./target.ts";
import { createObject, currentObject, updateObject, type WriteContext } from "./write-object.ts";

/** An object to write, and whether it is new. */
export interface Written {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** All operations on single objects, with all rules. Each call is one transaction. */
export class Registry {
  readonly store: ObjectStore;
  readonly catalog: ResourceCatalog;
  readonly #allocations: Allocations;
  readonly #clock: Clock;
  readonly #collector: GarbageCollector;
  readonly #terminator: PodTerminator;

  constructor({
    store,
    serviceCIDRs,
    clock,
  }: {
    readonly store: ObjectStore;
    readonly serviceCIDRs: readonly Cidr[];
    readonly clock: Clock;
  }) {
    this.store = store;
    this.#clock = clock;
    this.catalog = new ResourceCatalog(store);
    this.#allocations = new Allocations(store, serviceCIDRs);
    const deleteStored: DeleteStored = (key, uid) => {
      const type = this.catalog.storedAs(key.resource);
      if (type === undefined || store.get(key) === undefined) return;
      const target: Target = { type, namespace: key.namespace, name: key.name, subresource: "" };
      this.delete(target, {
        dryRun: false,
        gracePeriodSeconds: 0,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      });
    };
    this.#collector = new GarbageCollector(store, deleteStored);
    this.#terminator = new PodTerminator(store, { clock, deleteStored });
  }

  close(): void {
    this.#collector.close();
    this.#terminator.close();
  }

  get(target: Target): KubeObject {
    return currentObject(target, this.store);
  }

  /** @throws StatusError 400 for unknown fields under strict validation, 404 without the namespace, 409 or 422. */
  create(target: Omit<Target, "name">, body: JsonObject, options: WriteOptions): KubeObject {
    const object = this.#decode(target.type, body, options);
    checkBodyNamespace(target, object);
    if ((object.metadata.resourceVersion ?? "") !== "")
      throw badRequest("resourceVersion should not be set on objects to be created");
    this.#checkNamespace(target);
    return createObject({ ...target, name: object.metadata.name ?? "" }, object, {
      options,
      context: this.#context(),
    });
  }

  /** PUT. Does not create objects: kube-apiserver allows it for few kinds only, and no client of this server needs it. */
  replace(target: Target, body: JsonObject, options: WriteOptions): KubeObject {
    const object = this.#decode(target.type, body, options);
    checkBodyNamespace(target, object);
    const { type } = target;
    if (type.strategy.requiresResourceVersion && (object.metadata.resourceVersion ?? "") === "") {
      currentObject(target, this.store);
      const error = invalidField("metadata.resourceVersion", 0, "must be specified for an update");
      throw invalid(type, target.name, [
        { ...error, message: "Invalid value: 0x0: must be specified for an update" },
      ]);
    }
    return updateObject(target, () => object, { options, context: this.#context() });
  }

  patch(
    target: Target,
    patch: { readonly mediaType: string; readonly body: JsonValue },
    options: WriteOptions,
  ): KubeObject {
    const change = patchChange(target, { ...patch, options });
    return updateObject(target, change, { options, context: this.#context() });
  }

  apply(target: Target, body: JsonValue, options: WriteOptions & { readonly force: boolean }): Written {
    if (!isJsonObject(body)) throw badRequest("an apply configuration must be an object");
    this.#checkNamespace(target);
    return applyObject(target, body, { options, context: this.#context(), force: options.force });
  }

  delete(target: Target, options: DeleteOptions): Deletion {
    return deleteObject(target, options, this.#context());
  }

  #decode(type: ResourceType, body: JsonObject, options: WriteOptions): KubeObject {
    const { object, unknownFields } = decodeObject(type, body);
    if (unknownFields.length > 0 && options.fieldValidation === "Strict") {
      throw badRequest(`${cannotBeHandled(type)}: ${strictDecodingError(unknownFields)}`);
    }
    warnOfUnknownFields(unknownFields, options);
    return object;
  }

  #checkNamespace({ type, namespace }: Pick<Target, "type" | "namespace">): void {
    if (!type.namespaced) return;
    const namespaces = { group: "", plural: "namespaces", kind: "Namespace" };
    const found = this.store.get({ resource: "namespaces", namespace: "", name: namespace });
    if (found === undefined) throw notFound(namespaces, namespace);
    if (found.metadata.deletionTimestamp !== undefined) {
      throw forbidden(
        type,
        "",
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
    }
  }

  #context(): WriteContext {
    return {
      store: this.store,
      now: new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
      allocations: this.#allocations,
      list: (storedAs) => this.store.list(storedAs),
    };
  }
}

function checkBodyNamespace({ type, namespace }: Omit<Target, "name">, object: KubeObject): void {
  const stated = object.metadata.namespace ?? "";
  if (!type.namespaced || stated === "" || stated === namespace) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}
