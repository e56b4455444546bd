/**
 * Directories of the npm packages that are part of a bundle, relative to the repository and sorted, such as
 * `node_modules/@scope/name`; one that is nested in another package is there with its whole path.
 *
 * @param sources paths of the bundled files as esbuild's metafile lists them; our own files count for nothing
 */
export function bundledPackages(sources: readonly string[]): readonly string[] {
  const directories = sources.flatMap(
    (source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source)?.slice(0, 1) ?? [],
  );
  return [...new Set(directories)].toSorted();
}
