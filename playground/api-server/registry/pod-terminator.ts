import type { Clock } from "../../../platform/async/clock.ts";
import type { KubeObject } from "../kube-object.ts";
import type { ObjectKey, ObjectStore } from "../storage/object-store.ts";
import type { DeleteStored } from "./garbage-collector.ts";

/** Node.js fires longer timers at once. */
const maxTimerMs = 2 ** 31 - 1;

/** Does the work of kubelets: confirms the end of pods that are being deleted, after their grace period. */
export class PodTerminator {
  readonly #clock: Clock;
  readonly #deleteStored: DeleteStored;
  readonly #unsubscribe: () => void;
  /** Timers by the uid of the pod. */
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    store: ObjectStore,
    { clock, deleteStored }: { readonly clock: Clock; readonly deleteStored: DeleteStored },
  ) {
    this.#clock = clock;
    this.#deleteStored = deleteStored;
    for (const { key, object } of store.all()) this.#notice(key, object);
    this.#unsubscribe = store.subscribe(({ type, key, object }) => {
      if (type === "DELETED") this.#forget(object.metadata.uid ?? "");
      else this.#notice(key, object);
    });
  }

  close(): void {
    this.#unsubscribe();
    for (const uid of this.#timers.keys()) this.#forget(uid);
  }

  #notice(key: ObjectKey, { metadata }: KubeObject): void {
    if (key.resource !== "pods" || metadata.deletionTimestamp === undefined) return;
    const { uid = "" } = metadata;
    this.#forget(uid);
    const remainingMs = Date.parse(metadata.deletionTimestamp) - this.#clock.now();
    const end = setTimeout(
      () => {
        this.#timers.delete(uid);
        this.#deleteStored(key, uid);
      },
      Math.min(Math.max(0, remainingMs), maxTimerMs),
    );
    end.unref();
    this.#timers.set(uid, end);
  }

  #forget(uid: string): void {
    clearTimeout(this.#timers.get(uid));
    this.#timers.delete(uid);
  }
}
