#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing; says and does nothing when none is.
# Usage: install-packages.sh [build|test|replay]   build: what `make run` needs; test: that and what `make test` needs (default);
# replay: what `make replay` needs
set -euo pipefail

build=(g++ make cmake ninja-build ccache mold pkg-config git ca-certificates python3
  libboost1.81-dev libsqlite3-dev libcurl4-openssl-dev libssl-dev nlohmann-json3-dev libspdlog-dev
  prometheus-cpp-dev libargon2-dev libtomlplusplus-dev libcli11-dev libncurses-dev tmux)
test=(openssl clang-19 libclang-rt-19-dev llvm-19 clang-format-19 clang-tidy-19 catch2 patch python3-venv)

case "${1:-test}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  replay) wanted=("${build[@]}" faketime) ;;
  *) echo "usage: $0 [build|test|replay]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query > /dev/null; then
  echo "install-packages.sh: not a Debian system; these packages are expected: ${wanted[*]}" >&2
  exit 0
fi

installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2> /dev/null | awk '$1 == "ii" { print $2 }')
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<< "$installed" || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || { echo "install-packages.sh: root or sudo is needed to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
