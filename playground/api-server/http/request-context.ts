import type { Logger } from "../../../platform/log.ts";
import type { Registry } from "../registry/registry.ts";

/** State that all requests share. */
export interface RequestContext {
  readonly registry: Registry;
  readonly log: Logger;
  /** Aborts when the server closes, which ends watches. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}
