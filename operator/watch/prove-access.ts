import { ClusterCache } from "./cluster-cache.ts";
import { ClusterWatcher, type ClusterWatcherOptions } from "./cluster-watcher.ts";

/** Resolves when every list that a leader needs has succeeded, or on abort. Keeps no objects. */
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
