#!/usr/bin/env bash
# Starts a server with everything embedded, makes a demonstration workspace in it the first time, and says how to join from a
# second terminal. Data under build/demo unless FECHATTER_DATA says otherwise. Ctrl-C stops it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${FECHATTER_BIN:-build/release/bin}
data=${FECHATTER_DATA:-build/demo}
listen=${FECHATTER_LISTEN:-127.0.0.1:8080}
url=http://$listen
mkdir -p "$data"
# What an earlier run of this has begun and not finished begins anew; a server that somebody else has made there is never taken away.
if [ -e "$data/unfinished" ]; then rm -rf "$data/server" "$data/ann" "$data/bob" "$data/unfinished"; fi
[ -e "$data/server" ] || touch "$data/unfinished"
coproc server { exec "$bin/fechatterd" --roles all --data "$data/server" --listen "$listen" "$@"; }
pid=$server_PID
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null' EXIT
trap 'exit 0' INT TERM
if ! read -r line <&"${server[0]}"; then
  echo "the server did not start; FECHATTER_LISTEN=127.0.0.1:8081 takes another address" >&2
  exit 1
fi
echo "$line"
export FECHATTER_PASSWORD=demo-password
client() { "$bin/fechatter" --server "$url" --timeout 30 --home "$data/$1" "${@:2}"; }
if [ ! -e "$data/ready" ]; then
  client ann signup ann@example.org Ann --workspace Demo >/dev/null
  invite=$(client ann --json invite | sed -n 's/.*"code":"\([^"]*\)".*/\1/p')
  client bob signup bob@example.org Bob --invite "$invite" >/dev/null
  client ann new public_channel general Bob >/dev/null
  client ann send general "Welcome to the demo workspace." >/dev/null
  client bob send general "Hello @Ann, this works offline too." >/dev/null
  touch "$data/ready"
  rm -f "$data/unfinished"
fi
cat <<TEXT

A demonstration workspace is ready. From a second terminal, in this directory:

  FECHATTER_PASSWORD=demo-password $bin/fechatter --server $url --home /tmp/ann login ann@example.org
  $bin/fechatter --home /tmp/ann

and from a third one as the other person:

  FECHATTER_PASSWORD=demo-password $bin/fechatter --server $url --home /tmp/bob login bob@example.org
  $bin/fechatter --home /tmp/bob

Scripts: $bin/fechatter --home /tmp/ann send general "hi", tail, history general; --help lists the rest.
Ctrl-C stops the server.
TEXT
wait "$pid"
