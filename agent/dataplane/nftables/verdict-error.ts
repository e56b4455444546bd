import type { Clause } from "../../../platform/text/clause.ts";

/**
 * The desired state asks for a combination of verdicts that the rules of this mode cannot express. A guess would send
 * packets where they must not go.
 */
export class NftVerdictError extends RangeError {
  override readonly name = "NftVerdictError";

  /** @param what what the rules can express */
  constructor(what: Clause, got: unknown) {
    super(`${what}; got ${JSON.stringify(got)}`);
  }
}
