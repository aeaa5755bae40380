#!/usr/bin/env bash
# Runs every benchmark of build/bench, one after the other, and keeps what they print in build/bench/figures.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."
{
  echo "machine: $(nproc) x $(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), $(. /etc/os-release; echo "$PRETTY_NAME"), $(git rev-parse --short HEAD)"
  for program in sends catch_up cold_open fan_out idle_streams storm; do
    FECHATTERD=build/bench/bin/fechatterd build/bench/bin/bench_$program
  done
} | tee build/bench/figures.txt
