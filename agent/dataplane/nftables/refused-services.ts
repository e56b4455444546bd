import type { NftCommit } from "../../kernel/nft/nft-session.ts";
import type { RejectedService } from "../dataplane.ts";
import type { AppliedState, ServiceChange, TablePlan } from "./applied-state.ts";
import { NftQuoteError } from "./quote.ts";
import { NftVerdictError } from "./verdict-error.ts";

export interface WritablePlan {
  readonly plan: TablePlan;
  /** The changes of the plan. */
  readonly changes: readonly ServiceChange[];
  /** Services that the plan removes because they cannot be written in the nft language. */
  readonly rejected: readonly RejectedService[];
}

/** A plan for all changes that can be written. */
export function planWritable(state: AppliedState, changes: readonly ServiceChange[]): WritablePlan {
  try {
    return { plan: state.plan(changes), changes, rejected: [] };
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
  const rejected = changes.flatMap((change) => whyUnwritable(state, change) ?? []);
  const writable = withRemoved(changes, rejected);
  return { plan: state.plan(writable), changes: writable, rejected };
}

function whyUnwritable(state: AppliedState, change: ServiceChange): RejectedService | undefined {
  try {
    state.plan([change]);
    return undefined;
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return { service: change.name, reason: error.message };
  }
}

/** Whether a Service is at fault. */
function isUnwritable(error: unknown): error is NftQuoteError | NftVerdictError {
  return error instanceof NftQuoteError || error instanceof NftVerdictError;
}

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
