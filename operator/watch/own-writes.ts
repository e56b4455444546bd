import type { Progress } from "../../platform/kube/reflector.ts";
import type { Resource } from "../../platform/kube/resources.ts";
import { isAtLeast } from "../../platform/kube/resource-version.ts";

/**
 * Tracks whether the watches have shown the operator's own writes (as KEP-5647 does for the controllers of Kubernetes). A plan
 * from an older view would repeat a write or an Event. The responses to the writes are no substitute: they arrive in any order
 * relative to the watches, so a deletion could be missed for good.
 */
export class OwnWrites {
  /** By plural: the last version that the watch has shown, and our newest one that it has not shown. */
  readonly #shown = new Map<string, string>();
  readonly #awaited = new Map<string, string>();

  /** The watches have shown all own writes. */
  get areShown(): boolean {
    return this.#awaited.size === 0;
  }

  /** Records the version in the response to a write. */
  answered({ plural }: Resource, resourceVersion: string | undefined): void {
    if (resourceVersion === undefined) return;
    const known = [this.#shown.get(plural), this.#awaited.get(plural)];
    if (known.some((other) => other !== undefined && isAtLeast(other, resourceVersion))) return;
    this.#awaited.set(plural, resourceVersion);
  }

  /**
   * A list ends the wait whatever its version: it is newer than earlier writes, unless the server was restored from a backup,
   * and then these writes are lost.
   *
   * @returns whether all is shown now and was not before
   */
  progressed(plural: string, { kind, resourceVersion }: Progress): boolean {
    this.#shown.set(plural, resourceVersion);
    const awaited = this.#awaited.get(plural);
    if (awaited === undefined || (kind === "change" && !isAtLeast(resourceVersion, awaited))) return false;
    this.#awaited.delete(plural);
    return this.areShown;
  }
}
