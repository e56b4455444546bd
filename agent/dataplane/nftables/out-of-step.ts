import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import { OutOfStepError } from "../dataplane.ts";
import { tableName } from "./names.ts";

/** No Service is to blame: the table does not hold what was written, or it has too little room. */
export function outOfStep(family: NftFamily, reason: string): OutOfStepError {
  return new OutOfStepError(`table ${family} ${tableName} must be reprogrammed: ${reason}`);
}
