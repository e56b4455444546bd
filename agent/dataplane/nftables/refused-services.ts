import type { NftCommit } from "../../kernel/nft/nft-session.ts";
import type { RejectedService } from "../dataplane.ts";
import type { ServiceChange } from "./applied-state.ts";

/** The same changes, with the rejected Services removed. */
export function withRemoved(
  changes: readonly ServiceChange[],
  rejected: readonly RejectedService[],
): readonly ServiceChange[] {
  const names = new Set(rejected.map(({ service }) => service));
  return changes.map((change) => (names.has(change.name) ? { name: change.name, after: undefined } : change));
}

/** The changes that `check` refuses by themselves, found by halving. */
export async function findRefused(
  changes: readonly ServiceChange[],
  check: (changes: readonly ServiceChange[]) => Promise<NftCommit>,
): Promise<readonly RejectedService[]> {
  const [first] = changes;
  if (first === undefined) return [];
  const result = await check(changes);
  if (result.kind === "committed") return [];
  if (changes.length === 1) return [{ service: first.name, reason: result.reason }];
  const middle = Math.ceil(changes.length / 2);
  return [
    ...(await findRefused(changes.slice(0, middle), check)),
    ...(await findRefused(changes.slice(middle), check)),
  ];
}
