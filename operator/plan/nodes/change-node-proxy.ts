import { isDeepStrictEqual } from "node:util";
import type { NodeProxy } from "../../../crds/api.ts";
import { configLabel, orphanedLabel } from "../labels.ts";

/** Whether a NodeProxy has to be written. One that is being deleted is left alone until it is gone. */
export function needsWrite(desired: NodeProxy, observed: NodeProxy | undefined): boolean {
  if (observed === undefined) return true;
  if (observed.metadata.deletionTimestamp !== undefined) return false;
  return !hasMetadata(observed, desired) || !isDeepStrictEqual(observed.spec, desired.spec);
}

/** Whether the operator's labels and owner are as desired; labels and owners of other writers do not count. */
function hasMetadata({ metadata: observed }: NodeProxy, { metadata: desired }: NodeProxy): boolean {
  return (
    [configLabel, orphanedLabel].every((label) => observed.labels?.[label] === desired.labels?.[label]) &&
    (desired.ownerReferences ?? []).every(({ uid }) =>
      observed.ownerReferences?.some((owner) => owner.uid === uid),
    )
  );
}
