/** The result of a transaction. */
export type NftCommit =
  | { readonly kind: "committed" }
  /** The kernel is unchanged. `reason` is nft's first error line. */
  | { readonly kind: "refused"; readonly reason: string };

/** A refusal with nft's first error, without its position, or else nft's whole output. */
export function refusalFrom(stderr: string): NftCommit {
  const [, message] = /Error: (.*)/.exec(stderr) ?? [];
  const reason = message ?? stderr.trim().split("\n")[0] ?? "";
  return { kind: "refused", reason: reason || "nft gave no reason" };
}
