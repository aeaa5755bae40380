#!/usr/bin/env bash
# Builds and runs main.cpp against an installed fechatter, found by CMake and by pkg-config, from a moved prefix as well.
# Usage: run.sh PREFIX                       an installation
#        run.sh --from-build BUILD SCRATCH   installs the SDK of BUILD under SCRATCH first
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
CXX=${CXX:-g++}
CXXFLAGS=${CXXFLAGS:-}

if [ "${1:-}" = --from-build ]; then
  scratch=$3
  rm -rf "$scratch"
  cmake --install "$2" --prefix "$scratch/first" --component sdk > "$scratch.log" || { cat "$scratch.log"; exit 1; }
  mv "$scratch/first" "$scratch/prefix"  # a package that works only where it was first put is a broken one
  prefix=$scratch/prefix
else
  prefix=$(cd "${1:?usage: run.sh PREFIX}" && pwd)
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
fi

echo "== find_package"
cmake -S "$here" -B "$scratch/cmake" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX" \
  -DCMAKE_CXX_FLAGS="$CXXFLAGS" > "$scratch/cmake.log" || { cat "$scratch/cmake.log"; exit 1; }
cmake --build "$scratch/cmake"
"$scratch/cmake/consumer"
if [ -e "$prefix/include/fechatter/server.hpp" ]; then "$scratch/cmake/embedding"; fi

echo "== pkg-config"
pc=$(dirname "$(find "$prefix" -name fechatter.pc)")
export PKG_CONFIG_PATH=$pc
# shellcheck disable=SC2046,SC2086  # flags are words
"$CXX" -std=c++20 $CXXFLAGS "$here/main.cpp" -o "$scratch/consumer" $(pkg-config --cflags --libs fechatter) \
  -Wl,-rpath,"$(pkg-config --variable=libdir fechatter)"
"$scratch/consumer"

echo "== only public headers"
leaked=$(find "$prefix" -name '*.hpp' -not -path '*/include/fechatter/*')
[ -z "$leaked" ] || { echo "installed but not public: $leaked"; exit 1; }
