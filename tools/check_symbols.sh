#!/usr/bin/env bash
# Fails where an object of a pure layer calls past the seams: threads, clocks, files, sockets, randomness, the environment.
# Usage: check_symbols.sh LIST      a file of object files, one a line (SQLite has its own seam, the VFS, and is called by name)
set -euo pipefail
list=${1:?usage: check_symbols.sh LIST}

functions='pthread_create|thrd_create|clock_gettime|gettimeofday|time|clock|nanosleep|usleep|sleep|clock_nanosleep'
functions+='|open|open64|openat|openat64|creat|fopen|fopen64|freopen|freopen64|opendir|mkdir|unlink|rename|stat|stat64|mmap|mmap64'
functions+='|socket|connect|bind|listen|accept|accept4|getaddrinfo|poll|epoll_create1|select'
functions+='|getenv|secure_getenv|setenv|rand|srand|random|getrandom|arc4random|fork|system|popen|localtime|localtime_r|tzset'
cxx='std::thread::|std::jthread::|std::chrono::(_V2::)?[a-z_]*clock::now|std::random_device|std::this_thread'
cxx+='|std::basic_(if|of|f)stream|std::basic_filebuf|std::filesystem::|std::async|std::__future_base'
forbidden="^(($functions)\$|(typeinfo for |vtable for |VTT for )?($cxx))"

failed=0
count=0
while IFS= read -r object; do
  [ -f "$object" ] || continue
  case "$object" in *.pch | *.gch | *cmake_pch*) continue ;; esac
  count=$((count + 1))
  found=$(nm -u --demangle --no-recurse-limit "$object" | awk '{ $1 = ""; sub(/^ /, ""); sub(/@.*/, ""); print }' | grep -E "$forbidden" || true)
  if [ -n "$found" ]; then
    sed "s|^|${object##*/CMakeFiles/}: calls |" <<< "$found"
    failed=1
  fi
done < "$list"
echo "$count objects checked"
exit "$failed"
