import { isExpired } from "./api-error.ts";

const pageSize = 500;

/** Which part of a list to send; all of it without a limit. */
export interface PageQuery {
  readonly limit?: number;
  /** From the page before. */
  readonly continue?: string;
}

export interface ListPage<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

/**
 * A whole list, page by page. Where the server forgets the snapshot between two pages (410, etcd was compacted), the list is
 * read again in one piece.
 */
export async function readPages<T>(
  readPage: (query: PageQuery) => Promise<ListPage<T>>,
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const items: T[] = [];
  let query: PageQuery = { limit: pageSize };
  for (;;) {
    try {
      const page = await readPage(query);
      items.push(...page.items);
      if (!page.metadata.continue) return { items, resourceVersion: page.metadata.resourceVersion };
      query = { limit: pageSize, continue: page.metadata.continue };
    } catch (error) {
      if (query.continue === undefined || !isExpired(error)) throw error;
      items.length = 0;
      query = {};
    }
  }
}
