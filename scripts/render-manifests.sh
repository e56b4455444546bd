#!/bin/sh
# Prints the manifests of a kustomize overlay with the image to deploy. Changes no file of the repository.
# Usage: scripts/render-manifests.sh OVERLAY NAME:TAG
set -eu
cd "$(dirname "$0")/.."

overlay="${1:?directory of the overlay, such as config/overlays/kubeadm}"
image="${2:?name and tag of the image, such as kubesteer:dev}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# Paths of bases must be relative to the kustomization, which is outside the repository here. So it uses the rendered overlay instead.
kubectl kustomize "$overlay" >"$scratch/overlay.yaml"
if grep -q 'server: https://192\.0\.2\.1:' "$scratch/overlay.yaml"; then
  echo "$overlay still has the placeholder 192.0.2.1 as the address of the API server: set server: in config/default/kubeconfig.yaml, or use OVERLAY=config/overlays/kubeadm for clusters created by kubeadm or kind." >&2
  exit 1
fi

case "${image##*/}" in
*@*) name="${image%%@*}" version="digest: ${image#*@}" ;;
*:*) name="${image%:*}" version="newTag: \"${image##*:}\"" ;;
*) name="$image" version="newTag: latest" ;;
esac
cat >"$scratch/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [overlay.yaml]
images:
  - name: kubesteer
    newName: $name
    $version
END
kubectl kustomize "$scratch" >"$scratch/deployed.yaml"
if ! grep -q "image: $name[:@]" "$scratch/deployed.yaml"; then
  echo "$overlay has no image named kubesteer, so IMAGE=$image would not be used: remove its images field." >&2
  exit 1
fi
cat "$scratch/deployed.yaml"
