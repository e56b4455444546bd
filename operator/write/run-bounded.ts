/** Runs `work` for every item, at most `concurrency` at a time, and starts them in order. `work` must not reject. */
export async function runBounded<Item>(
  items: readonly Item[],
  { concurrency, work }: { readonly concurrency: number; readonly work: (item: Item) => Promise<void> },
): Promise<void> {
  const rest = items.values();
  const takeTurns = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, takeTurns));
}
