#!/usr/bin/env bash
# Starts all server roles in one process with everything embedded; data under build/demo unless FECHATTER_DATA says otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${FECHATTER_BIN:-build/release/bin}
data=${FECHATTER_DATA:-build/demo}
mkdir -p "$data"
exec "$bin/fechatterd" --roles all --data "$data" "$@"
