import type { KubeObject } from "../kube-object.ts";
import { withMetadata } from "../kube-object.ts";
import { expired, resourceVersionTooLarge } from "../status-error.ts";

/** Key of a stored object. */
export interface ObjectKey {
  /** Group resource, such as `services` or `proxyconfigs.kubesteer.dev`. */
  readonly resource: string;
  /** "" for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** One stored change. The revision is the resourceVersion of `object`. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly key: ObjectKey;
  readonly revision: number;
  /** After the change; for DELETED the last state with the revision of the deletion. */
  readonly object: KubeObject;
  /** Before the change; absent for ADDED. */
  readonly previous?: KubeObject;
}

/** Stores a change before it takes effect, so that it outlives the process. */
export interface ChangeLog {
  append(change: Change): void;
}

/** Initial content of a restarted store. */
export interface StoredState {
  readonly revision: number;
  readonly objects: readonly { readonly key: ObjectKey; readonly object: KubeObject }[];
  /** Latest changes, oldest first; `objects` already includes them. */
  readonly history: readonly Change[];
}

type Listener = (change: Change) => void;

/**
 * All objects, one revision counter, and the latest changes. Everything is synchronous, so reads and writes of a caller between
 * two awaits are one transaction.
 */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, StoredEntry>>();
  readonly #listeners = new Set<Listener>();
  readonly #historyLength: number;
  readonly #log: ChangeLog | undefined;
  #history: Change[];
  #revision: number;

  constructor(options: {
    readonly historyLength: number;
    readonly initial?: StoredState;
    readonly log?: ChangeLog;
  }) {
    this.#historyLength = options.historyLength;
    this.#log = options.log;
    this.#revision = options.initial?.revision ?? 1;
    this.#history = [...(options.initial?.history ?? [])];
    for (const { key, object } of options.initial?.objects ?? []) {
      this.#entriesOf(key.resource).set(pathOf(key), { key, object });
    }
  }

  /** Revision of the latest change. */
  get revision(): number {
    return this.#revision;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(key.resource)?.get(pathOf(key))?.object;
  }

  /** Objects of a resource, ordered by namespace and name. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    return this.listAt(resource, this.#revision, namespace);
  }

  /**
   * The objects as they were at an earlier revision.
   *
   * @throws StatusError 410 if the changes since then are no longer available, 504 for a future revision.
   */
  listAt(resource: string, revision: number, namespace?: string): readonly KubeObject[] {
    if (revision > this.#revision) throw resourceVersionTooLarge(revision, this.#revision);
    const entries = new Map(this.#objects.get(resource));
    if (revision < this.#revision) {
      for (const change of this.#changesAfter(revision).toReversed()) {
        if (change.key.resource !== resource) continue;
        if (change.previous === undefined) entries.delete(pathOf(change.key));
        else entries.set(pathOf(change.key), { key: change.key, object: change.previous });
      }
    }
    return [...entries]
      .filter(([, { key }]) => namespace === undefined || key.namespace === namespace)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, { object }]) => object);
  }

  /** Every stored object of every resource. */
  *all(): Generator<{ readonly key: ObjectKey; readonly object: KubeObject }> {
    for (const entries of this.#objects.values()) yield* entries.values();
  }

  /** Creates or replaces the object and gives it the next resourceVersion. */
  put(key: ObjectKey, object: KubeObject): KubeObject {
    const previous = this.get(key);
    const revision = this.#revision + 1;
    const stored = withMetadata(object, { resourceVersion: String(revision) });
    this.#commit(
      previous === undefined
        ? { type: "ADDED", key, revision, object: stored }
        : { type: "MODIFIED", key, revision, object: stored, previous },
    );
    return stored;
  }

  /** Removes the object and returns its last state, or `undefined` if it did not exist. */
  remove(key: ObjectKey): KubeObject | undefined {
    const previous = this.get(key);
    if (previous === undefined) return undefined;
    const revision = this.#revision + 1;
    const object = withMetadata(previous, { resourceVersion: String(revision) });
    this.#commit({ type: "DELETED", key, revision, object, previous });
    return object;
  }

  /**
   * Changes of a resource after a revision, oldest first.
   *
   * @throws StatusError 410 if some of them are no longer available.
   */
  changesSince(resource: string, revision: number): readonly Change[] {
    if (revision >= this.#revision) return [];
    return this.#changesAfter(revision).filter((change) => change.key.resource === resource);
  }

  /** Calls the listener for each later change until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changesAfter(revision: number): readonly Change[] {
    const oldest = this.#history[0]?.revision ?? this.#revision + 1;
    if (revision < oldest - 1) throw expired(`too old resource version: ${revision} (${oldest - 1})`);
    return this.#history.slice(this.#history.findIndex((change) => change.revision > revision));
  }

  #commit(change: Change): void {
    this.#log?.append(change);
    this.#revision = change.revision;
    const entries = this.#entriesOf(change.key.resource);
    if (change.type === "DELETED") entries.delete(pathOf(change.key));
    else entries.set(pathOf(change.key), { key: change.key, object: change.object });
    this.#history.push(change);
    if (this.#history.length > 2 * this.#historyLength)
      this.#history = this.#history.slice(-this.#historyLength);
    for (const listener of this.#listeners) listener(change);
  }

  #entriesOf(resource: string): Map<string, StoredEntry> {
    const existing = this.#objects.get(resource);
    if (existing !== undefined) return existing;
    const entries = new Map<string, StoredEntry>();
    this.#objects.set(resource, entries);
    return entries;
  }
}

interface StoredEntry {
  readonly key: ObjectKey;
  readonly object: KubeObject;
}

/** Sorts as etcd does: by namespace, then name. */
function pathOf(key: ObjectKey): string {
  return `${key.namespace}/${key.name}`;
}
