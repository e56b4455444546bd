#!/bin/sh
# Builds the container image with the first working engine.
# Usage: [ENGINE=buildah] [BUILD_IMAGE=...] [BASE_IMAGE=...] scripts/build-image.sh NAME:TAG
set -eu
cd "$(dirname "$0")/.."

image="${1:?name and tag of the image, such as kubesteer:dev}"

# Labels that say what the image was built from. The time is that of the commit, so the same commit gives the same labels.
version="$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)"
revision="" created=""
if git rev-parse --git-dir >/dev/null 2>&1; then
  revision="$(git rev-parse HEAD)"
  created="$(git log -1 --format=%cI)"
  [ -z "$(git status --porcelain)" ] || revision="$revision-dirty"
fi
set -- --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created"
[ -z "${BUILD_IMAGE:-}" ] || set -- "$@" --build-arg "BUILD_IMAGE=$BUILD_IMAGE"
[ -z "${BASE_IMAGE:-}" ] || set -- "$@" --build-arg "BASE_IMAGE=$BASE_IMAGE"

for engine in ${ENGINE:-docker podman buildah}; do
  "$engine" info >/dev/null 2>&1 || continue
  exec "$engine" build "$@" --file Dockerfile --tag "$image" .
done
echo "No image builder works on this machine. Install one: apt-get install buildah (or podman, or docker with its daemon)." >&2
exit 1
