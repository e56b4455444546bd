import type { KubeObject } from "../kube-object.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { builtInResources } from "./built-in-resources.ts";
import { customResources } from "./custom-resources.ts";
import type { ResourceType } from "./resource-type.ts";

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/** The current kinds of the server: built-in ones, and those of the stored CustomResourceDefinitions. */
export class ResourceCatalog {
  readonly #custom = new Map<string, readonly ResourceType[]>();

  constructor(store: ObjectStore) {
    for (const definition of store.list(definitions)) this.#define(definition);
    store.subscribe(({ type, key, object }) => {
      if (key.resource !== definitions) return;
      if (type === "DELETED") this.#custom.delete(key.name);
      else this.#define(object);
    });
  }

  all(): readonly ResourceType[] {
    return [...builtInResources, ...[...this.#custom.values()].flat()];
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.all().find(
      (type) => type.group === group && type.version === version && type.plural === plural,
    );
  }

  /** Any served version of the objects that are stored with the key. */
  storedAs(key: string): ResourceType | undefined {
    return this.all().find((type) => type.storedAs === key && type.conversion === undefined);
  }

  #define(definition: KubeObject): void {
    this.#custom.set(definition.metadata.name, customResources(definition));
  }
}
