import { ClusterCache } from "./cluster-cache.ts";
import { ClusterWatcher, type ClusterWatcherOptions } from "./cluster-watcher.ts";

/** Resolves when everything that a leader needs could be listed, or on abort. Keeps nothing. */
export async function proveAccess(
  options: Omit<ClusterWatcherOptions, "cache">,
  signal: AbortSignal,
): Promise<void> {
  const cache = new ClusterCache({ clock: options.clock, onChange: () => {} });
  const watcher = new ClusterWatcher({ ...options, cache });
  watcher.stopOn(signal);
  await watcher.start();
  watcher.stop();
  await watcher.stopped();
}
