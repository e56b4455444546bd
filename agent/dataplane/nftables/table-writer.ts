import type { NftCommit, NftFamily, NftSession } from "../../kernel/nft-session.ts";
import { deleteChains } from "./render.ts";

/** A transaction, and the chains that lose their last reference in it. */
export interface Rendering {
  readonly commands: readonly string[];
  readonly unusedChains: readonly string[];
}

export interface TableWriterOptions {
  readonly family: NftFamily;
  readonly session: NftSession;
  /** Chains cannot be deleted together with the last reference to them: they are left for {@link TableWriter.sweep}. */
  readonly keepsReferences: boolean;
}

/** Sends transactions for one table and sees to it that unused chains go. */
export class TableWriter {
  readonly #options: TableWriterOptions;
  /** Chains without rules that nothing refers to. */
  readonly #leftovers = new Set<string>();

  constructor(options: TableWriterOptions) {
    this.#options = options;
  }

  async commit(rendering: Rendering): Promise<NftCommit> {
    const { family, session, keepsReferences } = this.#options;
    const result = await session.commit({ family, commands: this.#commandsOf(rendering) });
    if (keepsReferences && result.kind === "committed") {
      for (const name of rendering.unusedChains) this.#leftovers.add(name);
    }
    return result;
  }

  check(rendering: Rendering): Promise<NftCommit> {
    const { family, session } = this.#options;
    return session.check({ family, commands: this.#commandsOf(rendering) });
  }

  /** Takes chains into use that may have been left over. */
  keep(names: Iterable<string>): void {
    for (const name of names) this.#leftovers.delete(name);
  }

  /** Deletes chains that earlier transactions had to leave. The kernel may still refuse; then the next sweep tries again. */
  async sweep(): Promise<void> {
    const { family, session } = this.#options;
    if (this.#leftovers.size === 0) return;
    const result = await session.commit({ family, commands: deleteChains(family, this.#leftovers) });
    if (result.kind === "committed") this.#leftovers.clear();
  }

  #commandsOf({ commands, unusedChains }: Rendering): readonly string[] {
    const { family, keepsReferences } = this.#options;
    return keepsReferences ? commands : [...commands, ...deleteChains(family, unusedChains)];
  }
}
