import type { Progress } from "../../platform/kube/reflector.ts";
import type { Resource } from "../../platform/kube/resources.ts";
import { isAtLeast } from "../../platform/kube/resource-version.ts";

/**
 * Knows whether the watches have shown what we have written ourselves (as KEP-5647 does for the controllers of Kubernetes).
 * A plan from an older view would write the same again, or tell an Event twice. Answers are no substitute: they come in any
 * order with what the watches show, so that a deletion could be missed for good.
 */
export class OwnWrites {
  /** By plural: what the watch has shown last, and the newest version of ours that it has not shown. */
  readonly #shown = new Map<string, string>();
  readonly #awaited = new Map<string, string>();

  /** Everything we have written has been shown. */
  get areShown(): boolean {
    return this.#awaited.size === 0;
  }

  /** The answer to a write had this version. */
  answered({ plural }: Resource, resourceVersion: string | undefined): void {
    if (resourceVersion === undefined) return;
    const known = [this.#shown.get(plural), this.#awaited.get(plural)];
    if (known.some((other) => other !== undefined && isAtLeast(other, resourceVersion))) return;
    this.#awaited.set(plural, resourceVersion);
  }

  /**
   * A list ends the wait whatever its version: it is newer than writes before it, unless the server was restored from a
   * backup, and then what we wrote is gone.
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
