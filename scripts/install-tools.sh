#!/bin/sh
# Installs the Debian packages of the given commands that are missing.
# Usage: scripts/install-tools.sh COMMAND...
set -eu

package_of() {
  case "$1" in
    nft) echo nftables ;;
    ip) echo iproute2 ;;
    kubectl) echo kubernetes-client ;;
    sysctl) echo procps ;;
    setpriv | nsenter | taskset) echo util-linux ;;
    nginx) echo nginx-light ;;
    *) echo "$1" ;;
  esac
}

missing=""
for command in "$@"; do
  command -v "$command" >/dev/null 2>&1 || missing="$missing $(package_of "$command")"
done
# The API server of the playground supports OpenAPI v3 only, which older kubectl versions cannot read.
check_kubectl() {
  case " $* " in *" kubectl "*) ;; *) return 0 ;; esac
  minor=$(kubectl version --client -o json 2>/dev/null | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p' | head -n 1)
  if [ -z "$minor" ] || [ "$minor" -lt 29 ]; then
    echo "kubectl 1.29 or newer is required, found 1.${minor:-?}: https://kubernetes.io/docs/tasks/tools/" >&2
    exit 1
  fi
}

if [ -z "$missing" ]; then
  check_kubectl "$@"
  exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Missing:$missing. Install them with the package manager of your system, then run make again." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Missing:$missing. Install them: sudo apt-get install$missing" >&2
  exit 1
fi
echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # one word per package
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; then
  echo "apt-get could not install:$missing. Check the package sources, or install them manually." >&2
  exit 1
fi
check_kubectl "$@"
