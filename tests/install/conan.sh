#!/usr/bin/env bash
# Builds the Conan package with Debian's libraries and runs its test program. Exits 77 (skipped) where Conan cannot be had.
# Usage: conan.sh SCRATCH     keeps Conan, its cache and the package there
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=${1:?usage: conan.sh SCRATCH}
mkdir -p "$scratch"
conan=$(command -v conan || echo "$scratch/venv/bin/conan")
if [ ! -x "$conan" ]; then
  python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install -q --disable-pip-version-check 'conan>=2.4,<3' \
    || { rm -rf "$scratch/venv"; echo "Conan cannot be installed here"; exit 77; }
fi
export CONAN_HOME=$scratch/home
# Conan builds in a new folder each time: paths relative to its home let the compiler cache answer. Without precompiled headers,
# which would defeat that, the build also shows that no source leans on them.
export CCACHE_BASEDIR=$CONAN_HOME CCACHE_NOHASHDIR=1
cd "$root"
"$conan" create . -pr:a conan-profile/debian12 --build=missing -nr \
  -c tools.cmake.cmaketoolchain:extra_variables='{"CMAKE_DISABLE_PRECOMPILE_HEADERS": "ON"}' \
  -c tools.cmake.cmake_layout:test_folder="$scratch/test_package" -c tools.build:jobs="$(nproc)"
"$conan" remove 'fechatter/*#!latest' -c > /dev/null  # packages of earlier sources
