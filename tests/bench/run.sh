#!/usr/bin/env bash
# Runs every benchmark of build/bench, one after the other, and keeps what they print in build/bench/figures.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

# What an app ships: every object of the SDK as one shared library, and the echo bot with what it needs of it inside; system libraries apart.
sizes() {
  local out
  out=$(mktemp -d)
  g++ -shared -o "$out/libfechatter.so" -Wl,--whole-archive build/bench/sdk/libfechatter.a -Wl,--no-whole-archive -lsqlite3 -lcurl -lcrypto -pthread
  strip -o "$out/sdk" "$out/libfechatter.so"
  strip -o "$out/bot" build/bench/bin/echo-bot
  for of in "SDK as a shared library, stripped:sdk" "  echo bot with the SDK inside, stripped:bot"; do
    printf '%-58s %12.2f MB\n' "${of%:*}" "$(stat -c %s "$out/${of#*:}" | awk '{ print $1 / 1e6 }')"
  done
  rm -r "$out"
}
{
  echo "machine: $(nproc) x $(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), $(. /etc/os-release; echo "$PRETTY_NAME"), $(git rev-parse --short HEAD)"
  for program in sends catch_up cold_open search fan_out idle_streams storm; do
    FECHATTERD=build/bench/bin/fechatterd build/bench/bin/bench_$program
  done
  sizes
} | tee build/bench/figures.txt
